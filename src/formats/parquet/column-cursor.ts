import type { ColumnChunk } from "./footer.ts";
import { MalformedParquet } from "./malformed.ts";
import type { LeafType, PageValues } from "./page-values.ts";
import { type Page, type PageHeader, readDictionary, readPage, readPageHeader } from "./read-page.ts";
import type { SchemaNode } from "./schema.ts";
import type { Lane } from "./window-reader.ts";

/** One entry of a leaf column: its levels, and its plain bytes when it is there. */
export interface Entry {
  readonly repetition: number;
  readonly definition: number;
  readonly value?: Uint8Array;
}

/** Walks one column of one row group forwards. */
export interface ColumnCursor {
  /** The entries of a row, counted from 0 within the row group; rows must be asked for in ascending order. */
  row(index: number): Promise<readonly Entry[]>;
}

/**
 * Opens a column chunk. Pages before a row asked for are stepped over without being
 * decompressed where their headers tell how many rows they hold; one page is held at a time.
 * Values point into that page and hold until the next row is asked for. Throws `MalformedParquet`.
 */
export function openColumn(reader: Lane, chunk: ColumnChunk, leaf: SchemaNode): ColumnCursor {
  return new Cursor(reader, chunk, leaf);
}

class Cursor implements ColumnCursor {
  readonly #reader: Lane;
  readonly #chunk: ColumnChunk;
  readonly #leaf: SchemaNode;
  readonly #end: number;
  #next: number;
  #dictionary: PageValues | undefined;
  #page: Page | undefined;
  /** Entry and value of the page that come next, and the row they belong to. */
  #entry = 0;
  #value = 0;
  #row = 0;

  constructor(reader: Lane, chunk: ColumnChunk, leaf: SchemaNode) {
    this.#reader = reader;
    this.#chunk = chunk;
    this.#leaf = leaf;
    this.#next = chunk.start;
    this.#end = chunk.start + chunk.compressed;
  }

  async row(index: number): Promise<readonly Entry[]> {
    for (;;) {
      if (!(await this.#load(index)))
        throw new MalformedParquet(`expected row ${index} in column \`${this.#leaf.name}\`; found its end`);
      const entries = await this.#take();
      if (this.#row++ === index) return entries;
    }
  }

  /** Makes sure that an entry is at hand, stepping over whole pages before row `index`. */
  async #load(index: number): Promise<boolean> {
    while (this.#page === undefined || this.#entry >= this.#page.count) {
      const header = await this.#nextHeader();
      if (header === undefined) return false;
      const skipped = header.rows !== undefined && this.#row + header.rows <= index;
      if (skipped) this.#row += header.rows as number;
      else await this.#open(header);
    }
    return true;
  }

  async #nextHeader(): Promise<PageHeader | undefined> {
    while (this.#next < this.#end) {
      const header = await readPageHeader(this.#reader, this.#next, this.#chunk, this.#leaf);
      this.#next = header.end;
      if (header.kind === "dictionary") {
        this.#dictionary = await readDictionary(this.#reader, header, this.#chunk, this.#leaf.leaf as LeafType);
      } else if (header.kind !== "other") return header;
    }
    return undefined;
  }

  async #open(header: PageHeader): Promise<void> {
    this.#page = await readPage(this.#reader, header, {
      chunk: this.#chunk,
      leaf: this.#leaf,
      dictionary: this.#dictionary,
    });
    this.#entry = 0;
    this.#value = 0;
  }

  /** The entries of the row at hand, over a page's end where the row goes on. */
  async #take(): Promise<readonly Entry[]> {
    const entries = [this.#entryAt()];
    if (this.#leaf.maxRepetition === 0) return entries;
    for (;;) {
      const page = this.#page as Page;
      if (this.#entry >= page.count) {
        const header = await this.#nextHeader();
        if (header === undefined) return entries;
        await this.#open(header);
      } else if (page.repetitions?.[this.#entry] === 0) return entries;
      else entries.push(this.#entryAt());
    }
  }

  #entryAt(): Entry {
    const page = this.#page as Page;
    const definition = page.definitions?.[this.#entry] ?? this.#leaf.maxDefinition;
    const repetition = page.repetitions?.[this.#entry] ?? 0;
    this.#entry += 1;
    if (definition !== this.#leaf.maxDefinition) return { repetition, definition };
    return { repetition, definition, value: page.values.at(this.#value++) };
  }
}
