import { WinnowError } from "../errors.ts";

/** What an address such as `hf://datasets/owner/name@revision/path` names. */
export interface HubAddress {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit; absent: the hub's own choice, `main`. */
  readonly revision?: string;
  /** File, folder or glob within it; empty: all of it. */
  readonly path: string;
}

const FORM = "hf://datasets/owner/name, with @revision and /path after it as wanted";
/** As the hub itself names users, organisations and repositories. */
const NAME = /^[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
/** Revisions with slashes that are written as they are; in others `/` is `%2F`. */
const SPECIAL = /^refs\/(?:convert|pr)\/[^/]+/;

/** Whether a dataset is named by an address on the Hugging Face hub. */
export function isHubAddress(dataset: string): boolean {
  return dataset.startsWith("hf://");
}

/** Reads an address. Throws `WinnowError("usage")` when it is none. */
export function parseHubAddress(address: string): HubAddress {
  const found = /^hf:\/\/datasets\/([^/@]+)\/([^/@]+)(?:@(.+))?$|^hf:\/\/datasets\/([^/@]+)\/([^/@]+)\/(.*)$/s.exec(
    address,
  );
  const [, owner, name, rest, plainOwner, plainName, plainPath = ""] = found ?? [];
  const repo = owner === undefined ? `${plainOwner}/${plainName}` : `${owner}/${name}`;
  if (found === null || !repo.split("/").every(isName)) throw refuse(address, FORM);
  if (rest === undefined) return { repo, path: checkPath(address, plainPath) };
  const written = SPECIAL.exec(rest)?.[0] ?? rest.split("/")[0] ?? "";
  const revision = decode(written);
  if (!isRevision(revision)) throw refuse(address, "a branch, a tag or a commit after @");
  return { repo, revision, path: checkPath(address, rest.slice(written.length + 1)) };
}

/** The address of what is given. */
export function formatHubAddress({ repo, revision, path }: HubAddress): string {
  const written = revision === undefined || SPECIAL.test(revision) ? revision : encodeURIComponent(revision);
  return `hf://datasets/${repo}${written === undefined ? "" : `@${written}`}${path === "" ? "" : `/${path}`}`;
}

/** Reads `owner/name`. Throws `WinnowError("usage")` when it is anything else. */
export function parseRepo(text: string): string {
  const names = text.replace(/^hf:\/\/datasets\//, "").split("/");
  if (names.length === 2 && names.every(isName)) return names.join("/");
  throw refuse(text, "owner/name on the Hugging Face hub");
}

/** Whether a text can be the name of a branch, a tag or a commit. */
export function isRevision(text: string): boolean {
  return /^[\w.+-]+(?:\/[\w.+-]+)*$/.test(text) && !/\.\.|(?:^|\/)\.|\.(?:\/|$)/.test(text) && text.length <= 200;
}

function isName(name: string): boolean {
  return NAME.test(name) && !/--|\.\./.test(name);
}

function checkPath(address: string, path: string): string {
  const plain = path.replace(/\/+$/, "");
  if (plain === "" || !plain.split("/").some((part) => part === "" || part === "." || part === "..")) return plain;
  throw refuse(address, "a path within the dataset");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuse(found: string, expected: string): WinnowError {
  return new WinnowError("usage", `${found}: expected ${expected}.`);
}
