import { type ErrorCode, WinnowError } from "../errors.ts";
import { redact } from "../lib/redact.ts";
import type { HubSettings } from "./settings.ts";

/** What the hub refused, with its status: some refusals are what was hoped for. */
export class HubError extends WinnowError {
  readonly status: number;

  constructor(code: ErrorCode, status: number, message: string) {
    super(code, message);
    this.status = status;
  }
}

/** What a request to the hub is about, for messages. */
export interface HubSubject {
  /** `owner/name`. */
  readonly repo: string;
  readonly revision?: string;
}

/** Characters of the hub's own words that are kept. */
const WORDS = 300;

/** One clear sentence about a refusal, from its status and the headers by which the hub says why. */
export function describeRefusal(
  { status, headers }: { readonly status: number; readonly headers: { get(name: string): string | null } },
  words: string,
  { repo, revision }: HubSubject,
  { endpoint, token, tokenFrom }: HubSettings,
): HubError {
  const dataset = `hf://datasets/${repo}`;
  const why = headers.get("x-error-code");
  const said = headers.get("x-error-message") ?? words;
  const quoted = redact(said.replace(/\s+/g, " ").trim(), token).slice(0, WORDS);
  const told = quoted === "" ? "" : ` (the hub says: ${quoted})`;
  const fail = (message: string): HubError => new HubError("input", status, message);
  if (why === "GatedRepo") {
    const how = token === undefined ? "log in with `hf auth login`, or set HF_TOKEN" : `use a token with access`;
    return fail(`${dataset} is gated: accept its terms at ${endpoint}/datasets/${repo}, and ${how}.`);
  }
  if (why === "RevisionNotFound") return fail(`${dataset} has no branch, tag or commit \`${revision}\`.`);
  if (why === "EntryNotFound") return fail(`${dataset}@${revision} lacks a file that it lists${told}.`);
  if (status === 401 && token !== undefined && why !== "RepoNotFound") {
    return fail(`The hub does not take the token from ${tokenFrom}${told}: renew it, or unset it for public datasets.`);
  }
  if (status === 401 || status === 404) {
    const how =
      token === undefined
        ? "log in with `hf auth login` or set HF_TOKEN if it is private"
        : `the token from ${tokenFrom} sees no such dataset`;
    return fail(`${dataset} was not found at ${endpoint}: check its name; ${how}.`);
  }
  if (status === 403) {
    return fail(`The hub does not allow this on ${dataset}${told}: use a token with the right to it (HF_TOKEN).`);
  }
  if (status === 429) return fail(`The hub asks for fewer requests (status 429)${told}: go on later, nothing is lost.`);
  if (status >= 500) return fail(`The hub failed with status ${status}${told}: go on later, nothing is lost.`);
  return fail(`The hub refused a request about ${dataset} with status ${status}${told}.`);
}
