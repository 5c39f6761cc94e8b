import path from "node:path";
import { MalformedTar } from "./malformed.ts";
import type { TarMember } from "./read-members.ts";

/** A member's place in a WebDataset: which sample it is of, counted from 0, and what it is to it. */
export interface MemberPlace {
  readonly sample: number;
  readonly key: string;
  /** What follows the first point of its own name, lower case: `jpg`, `question.txt`. */
  readonly suffix: string;
}

const KINDS = { link: "a link", other: "neither" } as const;
const NAME = /^((?:.*\/)?[^/.]+)\.([^/]*)$/s;

/**
 * Tells which members of a tar make a sample: those in a row whose names are the same up to the
 * first point after the last slash (WebDataset's `base_plus_ext`). Folders, and names without a
 * point or that start with `.` or `__`, are of none.
 */
export class MemberGrouper {
  #sample = -1;
  #key: string | undefined;

  /** Throws `MalformedTar` for a member of no sample that is a link or a device, or whose name leads out of the archive. */
  place({ name, kind }: TarMember): MemberPlace | undefined {
    const isHidden = /^(\.|__)/.test(path.posix.basename(name));
    const match = kind === "folder" || kind === "header" || isHidden ? null : NAME.exec(name);
    if (match === null) {
      if (kind === "link" || kind === "other") {
        throw new MalformedTar(`expected files and folders; found ${shorten(name)}, which is ${KINDS[kind]}`);
      }
      const leads = leadsOut(name);
      if (leads !== undefined) {
        throw new MalformedTar(`expected names within the archive; found ${shorten(name)}, which ${leads}`);
      }
      return undefined;
    }
    const [, key = "", suffix = ""] = match;
    if (key !== this.#key) this.#sample += 1;
    this.#key = key;
    return { sample: this.#sample, key, suffix: suffix.toLowerCase() };
  }
}

/** How a name would lead out of the folder that an archive is unpacked to, if it does. */
export function leadsOut(name: string): string | undefined {
  if (path.posix.isAbsolute(name) || path.win32.isAbsolute(name)) return "is absolute";
  if (name.split(/[\\/]/).includes("..")) return "leaves it";
  return name.includes("\0") ? "has a NUL character" : undefined;
}

/** A member's name for messages. */
export function shorten(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
