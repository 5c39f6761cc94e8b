import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/** Who may ask the viewer's server. */
export interface GateOptions {
  /** The secret in the printed address. */
  readonly token: string;
  /** Known once the server listens. */
  readonly port: () => number;
}

/** Nothing runs but our own scripts, nothing is loaded from elsewhere, no page may frame this one. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What a browser without the cookie is shown; the link makes the next request come from this very site. */
const REFUSAL = `<!doctype html><meta charset="utf-8"><title>Winnow</title>
<p>This viewer opens with the address that <code>winnow view</code> printed: it holds a token.</p>
<p><a href="">Go on</a>, if this browser has opened it before.</p>`;

/**
 * Lets through what comes from this machine's own browser window, and nothing else.
 *
 * Host must name loopback and our port (a foreign name rebound to 127.0.0.1 does not); an Origin
 * must be ours, and so must Sec-Fetch-Site. The token in the printed address is exchanged for a
 * cookie that scripts cannot read and other sites cannot send, and then taken out of the address,
 * so that it is in no history, no shared link and no Referer.
 */
export function newGatekeeper({ token, port }: GateOptions): MiddlewareHandler {
  return async (context, next) => {
    const hosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${port()}`);
    const { req: request } = context;
    context.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header("Cross-Origin-Opener-Policy", "same-origin");
    const host = request.header("host") ?? "";
    if (!hosts.includes(host)) return context.text("This Host is not served here.", 403);
    const origin = request.header("origin");
    if (origin !== undefined && origin !== `http://${host}`) return context.text("This Origin is not served.", 403);
    const reading = request.method === "GET" || request.method === "HEAD";
    if (!reading && origin === undefined) return context.text("A change needs the Origin of this page.", 403);
    const url = new URL(request.url);
    const navigates = request.header("sec-fetch-mode") === "navigate";
    if (["cross-site", "same-site"].includes(request.header("sec-fetch-site") ?? "") && !navigates)
      return context.text("Other sites may not ask here.", 403);

    const cookie = `winnow_${port()}`;
    const given = url.searchParams.get("token");
    if (given !== null && reading) {
      if (!isSame(given, token)) return context.html(REFUSAL, 401);
      setCookie(context, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
      url.searchParams.delete("token");
      return context.redirect(`${url.pathname.replace(/^\/+/, "/")}${url.search}`, 303);
    }
    if (!isSame(getCookie(context, cookie) ?? "", token)) return context.html(REFUSAL, 401);
    await next();
  };
}

/** Takes as long whatever the difference is. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
