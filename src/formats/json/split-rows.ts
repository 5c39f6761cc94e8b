import { isSpace, Nesting } from "./nesting.ts";

/** Part of a JSON container, with everything that stands between its rows: nothing is lost. */
export type ContainerPart =
  /** `gap`: what stands before the row: the opening bracket, or the comma, and space. */
  | { readonly type: "row"; readonly gap: Buffer; readonly bytes: Buffer; readonly index: number }
  | { readonly type: "end"; readonly bytes: Buffer };

/** The text is no such container: says what was expected and found, and at which byte. */
export class ContainerError extends Error {
  override readonly name = "ContainerError";
}

/** Bytes of a row at most, so that a small compressed file cannot fill the memory. */
export const MAX_ROW_BYTES = 2 ** 28;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const BOM_BYTES = [0xef, 0xbb, 0xbf];

/**
 * Splits an array of objects or lists (`[`), or an object of objects (`{`), into its rows and what is
 * between them, holding one row at a time. A row of an object includes its name and colon.
 * What is inside a row's object is not checked. Throws `ContainerError`.
 */
export async function* splitRows(chunks: AsyncIterable<Buffer>, opening: "[" | "{"): AsyncGenerator<ContainerPart> {
  const splitter = new Splitter(opening);
  for await (const chunk of chunks) yield* splitter.feed(chunk);
  yield splitter.finish();
}

class Splitter {
  readonly #opening: number;
  readonly #closing: number;
  /** Of the row at hand; absent between rows. */
  #row: Nesting | undefined;
  /** What may come next between rows. */
  #expected: "opening" | "first" | "comma" | "row" | "nothing" = "opening";
  #index = 0;
  #offset = 0;
  #parts: Buffer[] = [];
  /** Bytes in `#parts`. */
  #held = 0;
  #gap: Buffer = Buffer.alloc(0);

  constructor(opening: "[" | "{") {
    this.#opening = opening.charCodeAt(0);
    this.#closing = this.#opening + 2;
  }

  *feed(chunk: Buffer): Generator<ContainerPart> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#row === undefined) {
        if (!this.#startsRow(byte, at)) continue;
        this.#gap = this.#take(chunk, start, at);
        this.#row = new Nesting();
        start = at;
      }
      const wasInString = this.#row.inString;
      this.#row.push(byte);
      if (!this.#row.closed) continue;
      if ((byte === CLOSING_BRACE || byte === CLOSING_BRACKET) && !wasInString) {
        yield { type: "row", gap: this.#gap, bytes: this.#take(chunk, start, at + 1), index: this.#index++ };
        start = at + 1;
        this.#row = undefined;
        this.#expected = "comma";
      } else if (!(byte === QUOTE || byte === COLON || isSpace(byte))) this.#fail("an object as a row", byte, at);
    }
    if (start < chunk.length) this.#parts.push(chunk.subarray(start));
    this.#held += chunk.length - start;
    if (this.#held > MAX_ROW_BYTES) {
      throw new ContainerError(`expected rows of at most 256 MiB; row ${this.#index} is larger`);
    }
    this.#offset += chunk.length;
  }

  finish(): ContainerPart {
    if (this.#expected !== "nothing") {
      const closing = String.fromCharCode(this.#closing);
      throw new ContainerError(
        `expected ${closing} after row ${this.#index}; found the end of the file, byte ${this.#offset}`,
      );
    }
    return { type: "end", bytes: this.#take(Buffer.alloc(0), 0, 0) };
  }

  /** Whether a row starts with this byte; what is neither that nor allowed between rows is an error. */
  #startsRow(byte: number, at: number): boolean {
    if (isSpace(byte)) return false;
    switch (this.#expected) {
      case "opening":
        if (BOM_BYTES.includes(byte)) return false;
        this.#expected = "first";
        return byte === this.#opening
          ? false
          : this.#fail(JSON.stringify(String.fromCharCode(this.#opening)), byte, at);
      case "nothing":
        return this.#fail("nothing more", byte, at);
      case "comma":
        this.#expected = byte === this.#closing ? "nothing" : "row";
        return byte === COMMA || byte === this.#closing ? false : this.#fail("a comma", byte, at);
      default:
        if (byte === this.#closing && this.#expected === "first") {
          this.#expected = "nothing";
          return false;
        }
        if (this.#opening === BRACE ? byte === QUOTE : byte === BRACE || byte === BRACKET) return true;
        return this.#fail(this.#opening === BRACE ? "a name and an object as a row" : "an object as a row", byte, at);
    }
  }

  #take(chunk: Buffer, start: number, end: number): Buffer {
    const bytes = Buffer.concat([...this.#parts, chunk.subarray(start, end)]);
    this.#parts = [];
    this.#held = 0;
    return bytes;
  }

  #fail(expected: string, byte: number, at: number): never {
    const found = JSON.stringify(String.fromCharCode(byte));
    throw new ContainerError(`expected ${expected} at row ${this.#index}, byte ${this.#offset + at}; found ${found}`);
  }
}
