import { isUtf8 } from "node:buffer";
import { readValues } from "../json/read-values.ts";
import { type JsonMember, JsonSyntaxError, scanObject } from "../json/scan-json.ts";
import { mediumOfName } from "../refuse-medium.ts";
import { Rejection, UnusableValue } from "../rejection.ts";
import type { Row } from "../row.ts";
import type { StreamedRow } from "../streamed-dataset.ts";
import { leadsOut, shorten } from "./group-members.ts";
import type { TarMember } from "./read-members.ts";

/** A sample of a WebDataset: members of one key. */
export interface TarSample extends StreamedRow {
  readonly key: string;
  readonly members: readonly (Omit<TarMember, "raw"> & { readonly suffix: string })[];
}

/** Last parts of suffixes; what a file really is, its bytes decide. */
const IMAGE = /(?:^|\.)(?:jpe?g|jfif|png|apng|webp|gif|bmp|dib|tiff?)$/;
const JSON_TEXT = /(?:^|\.)jso?n$/;
const TEXT = /(?:^|\.)(?:txt|text|transcript|cls2?|index|inx|id)$/;
const PLAIN_ENDING = /\.(?:txt|text)$/;

/** The columns that a sample has; names of a JSON member that cannot be read are left out. */
export function listColumns({ members }: TarSample): readonly string[] {
  return members.flatMap(({ suffix, content }) => {
    if (JSON_TEXT.test(suffix)) return keysOf(content);
    const medium = mediumOfName(`.${suffix}`);
    if (medium !== undefined) return [medium];
    return IMAGE.test(suffix) ? [suffix, "image", "images"] : [suffix, suffix.replace(PLAIN_ENDING, "")];
  });
}

/**
 * These columns of a sample: members by their suffix (`txt`, `cls`; `question.txt` is `question`
 * too), the members of its JSON objects by their names, and in `images` all pictures in order, in
 * `image` the only one. Throws a `Rejection` for links, names that lead out of the archive,
 * repeated ones, and JSON that is none.
 */
export function readSample(sample: TarSample, columns: readonly string[]): Row {
  refuseMembers(sample);
  const { members } = sample;
  const row = new Map<string, unknown>();
  const set = (column: string, value: unknown) => {
    if (columns.includes(column)) row.set(column, value);
  };
  for (const { suffix, content } of members) {
    const value = TEXT.test(suffix) ? decode(content) : content;
    set(suffix, value);
    set(suffix.replace(PLAIN_ENDING, ""), value);
  }
  for (const { name, suffix, content } of members) {
    if (!JSON_TEXT.test(suffix)) continue;
    for (const [column, value] of readValues({ bytes: content }, scanMember(name, content), columns))
      set(column, value);
  }
  for (const { suffix, name } of members) {
    const medium = mediumOfName(`.${suffix}`);
    if (medium !== undefined) set(medium, name);
  }
  const images = members.filter(({ suffix }) => IMAGE.test(suffix)).map(({ content }) => content);
  if (images.length > 0) {
    set("images", images);
    set("image", images.length === 1 ? images[0] : images);
  }
  return row;
}

function refuseMembers({ members }: TarSample): void {
  const seen = new Set<string>();
  for (const { name, kind, suffix } of members) {
    const leads = leadsOut(name);
    if (leads !== undefined) {
      throw new Rejection(
        "path-outside-dataset",
        `expected members named within the archive; found ${shorten(name)}, which ${leads}`,
      );
    }
    if (kind !== "file") throw new Rejection("wrong-type", `expected files as members; ${shorten(name)} is a ${kind}`);
    if (seen.has(suffix)) throw new Rejection("wrong-type", `expected one member ${shorten(name)}; found several`);
    seen.add(suffix);
  }
}

function keysOf(content: Buffer): readonly string[] {
  try {
    return isUtf8(content) ? scanObject(content).map(({ key }) => key) : [];
  } catch (error) {
    if (error instanceof JsonSyntaxError) return [];
    throw error;
  }
}

function scanMember(name: string, content: Buffer): readonly JsonMember[] {
  if (!isUtf8(content)) {
    throw new Rejection("invalid-utf8", `expected UTF-8 text in ${shorten(name)}; found bytes that are not`);
  }
  try {
    return scanObject(content);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new Rejection("wrong-type", `expected one JSON object in ${shorten(name)}; ${error.message}`);
  }
}

function decode(content: Buffer): string | UnusableValue {
  return isUtf8(content) ? content.toString("utf8") : new UnusableValue("invalid-utf8", "bytes that are not UTF-8");
}
