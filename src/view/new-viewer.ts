import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { WinnowError } from "../errors.ts";
import { newGatekeeper } from "./gatekeeper.ts";
import type { SubsetRequest, SubsetResult } from "./protocol.ts";
import type { RunView } from "./run-view.ts";
import { SEARCH_CHARACTERS } from "./sample-texts.ts";

export interface ViewerOptions {
  readonly runs: readonly RunView[];
  /** Folder of the built viewer: `index.html` and `assets/`. */
  readonly assets: string;
  readonly token: string;
  readonly port: () => number;
  /** Does what `winnow select RUN` does with these flags. */
  readonly select: (directory: string, flags: SubsetRequest["flags"]) => Promise<SubsetResult>;
}

/** Rows of the table that one request may ask for. */
const ROWS_AT_MOST = 200;
const BODY_BYTES = 64 * 1024;

const ASSET = /^[\w-]+\.(js|css|svg)$/;
const ASSET_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** What a browser can show and cannot run; other images are handed over as bytes to save. */
const SHOWN_IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"];

/** The viewer's server: its page, and the runs on view as JSON and bytes (docs/viewer.md). */
export function newViewer(options: ViewerOptions): Hono {
  const { runs, assets } = options;
  const app = new Hono();
  app.use(newGatekeeper(options));
  app.onError((error, context) => {
    if (error instanceof WinnowError) return context.json({ code: error.code, message: error.message }, 422);
    return context.json({ code: "unexpected", message: error.message }, 500);
  });
  const runOf = (context: Context): RunView => {
    const run = runs[Number(context.req.param("run"))];
    if (run === undefined) throw new WinnowError("usage", `There is no run ${context.req.param("run")} on view.`);
    return run;
  };

  app.get("/api/runs", async (context) => context.json(await Promise.all(runs.map((run) => run.info()))));
  app.get("/api/runs/:run/evidence", async (context) => {
    const { evidence, version } = await runOf(context).evidence();
    context.header("X-Version", version);
    return sendBytes(context, evidence, "application/octet-stream");
  });
  app.get("/api/runs/:run/rows", async (context) => {
    const places = (context.req.query("at") ?? "").split(",").slice(0, ROWS_AT_MOST).map(Number);
    return context.json(await runOf(context).rows(places.filter((place) => Number.isInteger(place) && place >= 0)));
  });
  app.get("/api/runs/:run/search", async (context) => {
    const text = (context.req.query("q") ?? "").slice(0, SEARCH_CHARACTERS);
    const found = await runOf(context).search(text, context.req.query("in") === "responses");
    return sendBytes(context, new Uint8Array(found.buffer as ArrayBuffer), "application/octet-stream");
  });
  app.get("/api/runs/:run/samples/:id", async (context) => {
    const page = await runOf(context).sample(context.req.param("id"), context.req.query("whole") === "1");
    return page === undefined ? context.json({ code: "unknown", message: UNKNOWN }, 404) : context.json(page);
  });
  app.get("/api/runs/:run/samples/:id/images/:image", async (context) => {
    const run = runOf(context);
    const found = await run.sampleRollouts(context.req.param("id"));
    const sample = found === undefined ? undefined : await run.readSample(found.entry);
    const image = sample?.images[Number(context.req.param("image"))];
    if (image === undefined) return context.json({ code: "unknown", message: UNKNOWN }, 404);
    const shown = SHOWN_IMAGES.includes(image.mediaType);
    if (!shown) context.header("Content-Disposition", "attachment");
    context.header("Cache-Control", "private, max-age=86400, immutable");
    return sendBytes(context, image.bytes, shown ? image.mediaType : "application/octet-stream");
  });
  app.get("/api/runs/:run/samples/:id/attention/:index", async (context) => {
    const run = runOf(context);
    const found = await run.sampleRollouts(context.req.param("id"));
    const wanted = Number(context.req.param("index"));
    const one = found?.rollouts.find(({ rollout }) => rollout.arm === "image" && rollout.index === wanted);
    if (found === undefined || one === undefined) return context.json({ code: "unknown", message: UNKNOWN }, 404);
    return context.json(await run.scoreTokens(await run.readSample(found.entry), one.rollout));
  });
  app.post("/api/runs/:run/subset", bodyLimit({ maxSize: BODY_BYTES, onError: refuseLong }), async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined);
    return context.json(await options.select(runOf(context).path, readSubsetFlags(body)));
  });
  app.all("/api/*", (context) => context.json({ code: "unknown", message: "There is no such address." }, 404));

  app.get("/assets/:name", async (context) => {
    const name = context.req.param("name");
    if (!ASSET.test(name)) return context.notFound();
    const bytes = await readFile(join(assets, "assets", name)).catch(() => undefined);
    if (bytes === undefined) return context.notFound();
    context.header("Cache-Control", "private, max-age=31536000, immutable");
    return sendBytes(context, bytes, ASSET_TYPES[extname(name)]!);
  });
  app.get("*", async (context) => {
    context.header("Cache-Control", "no-store");
    return context.html(await readFile(join(assets, "index.html"), "utf8"));
  });
  return app;
}

function refuseLong(context: Context): Response {
  return context.json({ code: "usage", message: `A request holds at most ${BODY_BYTES} bytes.` }, 413);
}

const UNKNOWN = "The run has no such sample, image or response.";

function sendBytes(context: Context, bytes: Uint8Array, type: string): Response {
  context.header("Content-Type", type);
  context.header("Content-Length", String(bytes.byteLength));
  return context.body(bytes as Uint8Array<ArrayBuffer>);
}

/** The flags of a subset request: texts and switches by name, which `winnow select` then reads as its own. */
function readSubsetFlags(body: unknown): SubsetRequest["flags"] {
  const flags = (body as { flags?: unknown } | undefined)?.flags;
  const entries = typeof flags === "object" && flags !== null ? Object.entries(flags) : undefined;
  if (entries?.every(([, value]) => ["string", "boolean"].includes(typeof value))) {
    return Object.fromEntries(entries) as SubsetRequest["flags"];
  }
  throw new WinnowError("usage", "Expected `flags`, an object of texts and switches; found something else.");
}
