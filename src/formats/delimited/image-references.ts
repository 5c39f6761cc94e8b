import { open } from "node:fs/promises";
import { WinnowError } from "../../errors.ts";
import { readUnpacked } from "../compression.ts";
import type { NamedFile } from "../subset-target.ts";
import { readCell } from "./read-cell.ts";
import type { Cell, DelimitedRecord } from "./split-records.ts";

/** An image of more characters than this is one; of as many or fewer, the id of the row that has it (VLMEvalKit). */
const MAX_REFERENCE = 64;
/** Bytes of images that are held where a compressed file does not let them be looked up. */
const MAX_HELD = 2 ** 28;
/** Rows that a reference leads on to at most. */
const MAX_STEPS = 8;

/** Where an image stands that other rows of its file refer to. */
interface ImagePlace {
  readonly row: number;
  /** In the unpacked file, quotes included. */
  readonly offset: number;
  readonly length: number;
}

/** The rows of one file whose image is another row's. */
export interface ImageReferences {
  /** Row number of the one whose image the row has; `undefined` when it has its own, or none. */
  target(row: number): number | undefined;
  /** Opens a pass that looks images up; they are held meanwhile if the file is compressed. */
  openPass(): Promise<ReferencePass>;
}

/** Looks up the images that rows refer to. */
export interface ReferencePass extends AsyncDisposable {
  /** The raw bytes of the cell that this row's image stands in; `undefined` when that is its own. */
  cell(row: number): Promise<Buffer | undefined>;
}

/** Gathers references while all rows of a file pass by; `finish` settles them. */
export class ReferenceGatherer {
  readonly #images = new Map<string, ImagePlace>();
  readonly #references = new Map<string, string>();
  readonly #rows: { readonly row: number; readonly to: string }[] = [];

  /** Notes a row; of several of one id the last counts, as in VLMEvalKit. */
  add(
    { bytes, offset }: DelimitedRecord,
    row: number,
    { id, image }: { readonly id: Cell; readonly image: Cell },
  ): void {
    const length = image.end - image.start;
    const name = readCell(bytes, id);
    const to = length > 4 * MAX_REFERENCE ? undefined : readCell(bytes, image);
    if (to === null) return;
    if (to === undefined || to.length > MAX_REFERENCE) {
      if (name === null) return;
      this.#images.set(name, { row, offset: offset + image.start, length });
      this.#references.delete(name);
      return;
    }
    this.#rows.push({ row, to });
    if (name === null) return;
    this.#references.set(name, to);
    this.#images.delete(name);
  }

  /** Throws `WinnowError("input")` when a compressed file's images would have to be held and are too large. */
  finish(file: NamedFile, compressed: boolean): ImageReferences | undefined {
    const places = new Map<number, ImagePlace>();
    for (const { row, to } of this.#rows) {
      const place = this.#follow(to);
      if (place !== undefined) places.set(row, place);
    }
    if (places.size === 0) return undefined;
    const wanted = new Map([...places.values()].map((place) => [place.row, place]));
    const held = [...wanted.values()].reduce((sum, { length }) => sum + length, 0);
    if (compressed && held > MAX_HELD) {
      throw new WinnowError(
        "input",
        `${file.name}: expected images that other rows refer to of at most 256 MiB, since a compressed file's have to be held; found ${Math.ceil(held / 2 ** 20)} MiB. Unpack the file first.`,
      );
    }
    return {
      target: (row) => places.get(row)?.row,
      openPass: async () => (compressed ? await holdImages(file, places) : await seekImages(file, places)),
    };
  }

  #follow(to: string): ImagePlace | undefined {
    let name: string | undefined = to;
    for (let step = 0; step < MAX_STEPS && name !== undefined; step++) {
      const place = this.#images.get(name);
      if (place !== undefined) return place;
      name = this.#references.get(name);
    }
    return undefined;
  }
}

async function seekImages({ file }: NamedFile, places: ReadonlyMap<number, ImagePlace>): Promise<ReferencePass> {
  const handle = await open(file);
  return {
    async cell(row) {
      const place = places.get(row);
      if (place === undefined) return undefined;
      const { buffer } = await handle.read(Buffer.allocUnsafe(place.length), 0, place.length, place.offset);
      return buffer;
    },
    [Symbol.asyncDispose]: async () => await handle.close(),
  };
}

async function holdImages(file: NamedFile, places: ReadonlyMap<number, ImagePlace>): Promise<ReferencePass> {
  const wanted = [...new Map([...places.values()].map((place) => [place.offset, place])).values()];
  wanted.sort((a, b) => a.offset - b.offset);
  const held = new Map<number, Buffer>(wanted.map(({ offset, length }) => [offset, Buffer.allocUnsafe(length)]));
  let position = 0;
  let first = 0;
  for await (const chunk of readUnpacked(file)) {
    const end = position + chunk.length;
    for (let at = first; at < wanted.length; at++) {
      const { offset, length } = wanted[at] as ImagePlace;
      if (offset >= end) break;
      const from = Math.max(offset, position);
      chunk.copy(held.get(offset) as Buffer, from - offset, from - position, offset + length - position);
      if (offset + length <= end) first = at + 1;
    }
    position = end;
    if (first === wanted.length) break;
  }
  return {
    cell: async (row) => held.get(places.get(row)?.offset ?? -1),
    [Symbol.asyncDispose]: async () => held.clear(),
  };
}
