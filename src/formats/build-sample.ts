import type { RejectedRow, Sample, SourceRow } from "../records.ts";
import type { ReadItem } from "./format.ts";
import type { ImageBase } from "./image-path.ts";
import { listImages, loadImage } from "./load-image.ts";
import { placeImages } from "./place-images.ts";
import { Rejection, UnusableValue } from "./rejection.ts";
import { sampleId } from "./sample-id.ts";

/**
 * The values of a row's fields as plain data: text, numbers (a number of JSON as its source
 * text), booleans, null, lists, objects, bytes; `UnusableValue` where there is none.
 */
export interface RowValues {
  readonly question: unknown;
  readonly answer: unknown;
  readonly images: unknown;
  readonly id?: unknown;
  readonly choices?: unknown;
}

/** Turns a row into a sample, or into a rejected row that says why; it never throws for what a row holds. */
export async function buildSample(values: RowValues, source: SourceRow, base: ImageBase): Promise<ReadItem> {
  const rowId = readScalar(values.id);
  const own = rowId === undefined ? {} : { rowId };
  try {
    const question = readText(values.question, "question");
    if (question === undefined || question.replaceAll("<image>", "").trim() === "") {
      throw new Rejection("empty-question", `expected a question; found ${describe(values.question)}`);
    }
    const answer = readText(values.answer, "answer");
    const groundTruth = answer === undefined ? "" : unwrapAnswer(answer).trim();
    if (groundTruth === "") throw new Rejection("no-answer", `expected an answer; found ${describe(values.answer)}`);
    const choices = readChoices(values.choices);
    const sources = listImages(values.images);
    if (sources.length === 0) throw new Rejection("no-image", `expected an image; found ${describe(values.images)}`);
    const placed = placeImages(question, sources.length);
    const images = [];
    for (const image of sources) images.push(await loadImage(image, base));
    const content = { question: placed, images, groundTruth, ...own };
    const sample: Sample = { id: sampleId(content), source, ...content, ...(choices === undefined ? {} : { choices }) };
    return { type: "sample", sample };
  } catch (error) {
    if (error instanceof Rejection) return rejectRow(source, error, rowId);
    throw error;
  }
}

/** A rejected row as an item of a reading pass. */
export function rejectRow(source: SourceRow, { code, message }: Rejection, rowId?: string): ReadItem {
  const rejected: RejectedRow = { source, ...(rowId === undefined ? {} : { rowId }), code, reason: `${message}.` };
  return { type: "rejected", rejected };
}

/** Text, a number or a boolean as text, or the only item of a list of such; `undefined` for null, NaN and nothing. */
function readText(value: unknown, field: string): string | undefined {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (one instanceof UnusableValue) throw new Rejection(one.code, `expected the ${field} as text; found ${one.found}`);
  if (one instanceof Uint8Array) return decodeUtf8(one, field);
  if (typeof one === "object" && one !== null) {
    throw new Rejection("wrong-type", `expected the ${field} as text; found ${describe(one)}`);
  }
  const text = readScalar(one);
  if (text !== undefined && /\p{Cs}/u.test(text)) {
    throw new Rejection("invalid-utf8", `expected the ${field} as Unicode text; found half a surrogate pair`);
  }
  return text;
}

function decodeUtf8(bytes: Uint8Array, field: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Rejection(
      "invalid-utf8",
      `expected the ${field} as UTF-8 text; found ${bytes.length} bytes that are not`,
    );
  }
}

/** Text, a number or a boolean as text; `undefined` for anything else and NaN. */
export function readScalar(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isNaN(value) ? undefined : String(value);
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : undefined;
}

/** What stands in the last `<answer> … </answer>` of a solution, or the whole text. */
function unwrapAnswer(text: string): string {
  const end = text.lastIndexOf("</answer>");
  const start = text.lastIndexOf("<answer>", end);
  return end === -1 || start === -1 ? text : text.slice(start + "<answer>".length, end);
}

/** Option texts: a list, or an object keyed A, B, C, … ; nothing, or another type, means none. */
function readChoices(value: unknown): readonly string[] | undefined {
  if (typeof value !== "object" || value === null || value instanceof UnusableValue) return undefined;
  const items = Array.isArray(value) ? value : readLettered(value as Record<string, unknown>);
  const texts = items.map(readScalar);
  return texts.length === 0 || texts.includes(undefined) ? undefined : (texts as string[]);
}

function readLettered(value: Record<string, unknown>): unknown[] {
  const keys = Object.keys(value).sort();
  return keys.every((key, index) => key === String.fromCharCode(65 + index)) ? keys.map((key) => value[key]) : [];
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return value === "" ? "empty text" : JSON.stringify(value.slice(0, 40));
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
