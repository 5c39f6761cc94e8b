/** A record of a delimited file: its bytes with its line break, and where its cells stand in them. */
export interface DelimitedRecord {
  readonly bytes: Buffer;
  readonly cells: readonly Cell[];
  /** Where it starts in the unpacked file, in bytes. */
  readonly offset: number;
  /** Number of its first line, counted from 1. */
  readonly line: number;
}

/** Half-open range of the raw bytes of a cell, quotes included. */
export interface Cell {
  readonly start: number;
  readonly end: number;
}

/** The text has no such records: says what was expected and found, and in which line. */
export class DelimitedError extends Error {
  override readonly name = "DelimitedError";
}

/** Bytes of a record at most, so that a small compressed file cannot fill the memory. */
const MAX_RECORD_BYTES = 2 ** 28;
const BOM_BYTES = 3;
const QUOTE = 0x22;
const FEED = 0x0a;
const RETURN = 0x0d;

/**
 * Splits pieces of a file into records as RFC 4180 has it and pandas reads it: a cell that opens
 * with `"` ends at the next one that is not doubled, and may hold line breaks; elsewhere a quote
 * is a character. LF, CRLF and CR end a record; blank lines and the byte order mark are left out.
 * Throws `DelimitedError`.
 */
export async function* splitRecords(chunks: AsyncIterable<Buffer>, delimiter: number): AsyncGenerator<DelimitedRecord> {
  const place = { offset: 0, line: 1 };
  let parts: Buffer[] = [];
  let held = 0;
  // Searched again only when twice as much is there, so that a long record costs its length.
  let enough = 2 ** 16;
  for await (const chunk of chunks) {
    parts.push(chunk);
    held += chunk.length;
    if (held < enough) continue;
    const bytes = Buffer.concat(parts);
    const used = yield* records(bytes, delimiter, place, false);
    const rest = bytes.subarray(used);
    if (rest.length > MAX_RECORD_BYTES) {
      throw new DelimitedError(`expected a record of at most 256 MiB; the one in line ${place.line} is longer`);
    }
    parts = [rest];
    held = rest.length;
    enough = 2 * rest.length;
  }
  yield* records(Buffer.concat(parts), delimiter, place, true);
}

/** The records of these bytes, which `final` ends; how many bytes they are. Moves `place` on. */
function* records(
  bytes: Buffer,
  delimiter: number,
  place: { offset: number; line: number },
  final: boolean,
): Generator<DelimitedRecord, number> {
  const scanner = new Scanner(bytes, delimiter, final, place);
  let start = 0;
  while (start < bytes.length) {
    const text = place.offset === 0 && bytes.toString("latin1", 0, BOM_BYTES) === "\xef\xbb\xbf" ? BOM_BYTES : start;
    const found = scanner.scan(text);
    if (found === undefined) break;
    const record = { ...place, bytes: bytes.subarray(start, found.end) };
    place.offset += record.bytes.length;
    place.line += found.lines;
    const cells = found.cells.map((cell) => ({ start: cell.start - start, end: cell.end - start }));
    start = found.end;
    if (!isBlank(record.bytes, cells)) yield { ...record, cells };
  }
  return start;
}

/** Finds cells from quote, delimiter and line break to the next; each byte is searched once for each. */
class Scanner {
  readonly #bytes: Buffer;
  readonly #delimiter: number;
  readonly #final: boolean;
  readonly #place: { readonly line: number };
  /** Where the next one of a byte is, at or after where it was last asked for. */
  readonly #next = new Map<number, number>();

  constructor(bytes: Buffer, delimiter: number, final: boolean, place: { readonly line: number }) {
    this.#bytes = bytes;
    this.#delimiter = delimiter;
    this.#final = final;
    this.#place = place;
  }

  /** The record that starts here; `undefined` when these bytes do not hold its end. */
  scan(start: number): { readonly cells: readonly Cell[]; readonly end: number; readonly lines: number } | undefined {
    const bytes = this.#bytes;
    const cells: Cell[] = [];
    let lines = 1;
    for (let at = start; ; ) {
      let from = at;
      if (bytes[at] === QUOTE) {
        const close = this.#closeQuote(at);
        if (close === undefined) return undefined;
        lines += this.#countFeeds(at, close);
        from = close;
      }
      const stop = Math.min(this.#find(this.#delimiter, from), this.#find(FEED, from), this.#find(RETURN, from));
      if (stop === Infinity && !this.#final) return undefined;
      cells.push({ start: at, end: Math.min(stop, bytes.length) });
      if (bytes[stop] === this.#delimiter) at = stop + 1;
      else if (stop === Infinity) return { cells, end: bytes.length, lines };
      else if (bytes[stop] === FEED) return { cells, end: stop + 1, lines };
      else if (stop + 1 === bytes.length && !this.#final) return undefined;
      else return { cells, end: bytes[stop + 1] === FEED ? stop + 2 : stop + 1, lines };
    }
  }

  #find(byte: number, from: number): number {
    const known = this.#next.get(byte) ?? -1;
    if (known >= from) return known;
    const found = this.#bytes.indexOf(byte, from);
    this.#next.set(byte, found === -1 ? Infinity : found);
    return found === -1 ? Infinity : found;
  }

  /** Where the quote that opens at `at` has closed; `undefined` when more bytes may close it. */
  #closeQuote(at: number): number | undefined {
    const bytes = this.#bytes;
    for (let close = bytes.indexOf(QUOTE, at + 1); close !== -1; close = bytes.indexOf(QUOTE, close + 2)) {
      if (close + 1 === bytes.length && !this.#final) return undefined;
      if (bytes[close + 1] !== QUOTE) return close + 1;
    }
    if (!this.#final) return undefined;
    throw new DelimitedError(
      `expected the quote that opens in line ${this.#place.line} or after it to be closed; found the end of the file`,
    );
  }

  #countFeeds(from: number, to: number): number {
    let count = 0;
    for (let feed = this.#bytes.indexOf(FEED, from); feed !== -1 && feed < to; count += 1) {
      feed = this.#bytes.indexOf(FEED, feed + 1);
    }
    return count;
  }
}

function isBlank(bytes: Buffer, cells: readonly Cell[]): boolean {
  const only = cells.length === 1 ? cells[0] : undefined;
  return only !== undefined && bytes.toString("latin1", only.start, only.end).trim() === "";
}
