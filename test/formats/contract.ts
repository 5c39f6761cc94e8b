import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Dataset, ReadItem, RowSelection } from "../../src/formats/format.ts";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { png } from "./pictures.ts";
import { withoutImagePaths } from "./without-image-paths.ts";

/** A row of made-up data that every layout can hold. */
export interface FixtureRow {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly image: Buffer | undefined;
}

/** How a format under test writes the rows, and how somebody else reads what it wrote. */
export interface FormatFixture {
  readonly name: string;
  /** Writes the rows into the folder and gives the path to open. */
  write(folder: string, rows: readonly FixtureRow[]): Promise<string>;
  /** Every value of every row, read by code that is not ours. */
  values(file: string): Promise<readonly unknown[]>;
  /** How the file's bytes are packed; as they are when absent. */
  readonly packing?: { pack(bytes: Buffer): Buffer; unpack(bytes: Buffer): Buffer };
}

/** Twelve rows; number 3 has no image and number 7 no question. */
const ROWS: readonly FixtureRow[] = Array.from({ length: 12 }, (_, row) => ({
  id: `row-${row}`,
  question: row === 7 ? " " : `What is ${row} + 1, "really"? ünï ${"\u2713"}`,
  answer: String(row + 1),
  image: row === 3 ? undefined : png({ shade: row * 20, width: 3 + row }),
}));

async function readAll(dataset: Dataset, only?: (file: string, row: number) => boolean): Promise<ReadItem[]> {
  const items: ReadItem[] = [];
  for await (const item of dataset.read(only === undefined ? {} : { only })) items.push(item);
  return items;
}

function select(items: readonly ReadItem[], keep: (index: number) => boolean): RowSelection {
  const selection = new Map<string, Set<number>>();
  for (const [index, item] of items.entries()) {
    if (!keep(index)) continue;
    const { file, row } = sourceOf(item);
    selection.set(file, (selection.get(file) ?? new Set()).add(row));
  }
  return selection;
}

function sourceOf(item: ReadItem) {
  return item.type === "sample" ? item.sample.source : item.rejected.source;
}

/** A sample without its place, which a subset changes. */
function content(found: ReadItem): unknown {
  const item = withoutImagePaths(found);
  return item.type === "sample" ? { ...item.sample, source: undefined } : { ...item.rejected, source: undefined };
}

/** What every format promises. */
export function describeFormat(fixture: FormatFixture): void {
  const open = async () => {
    const folder = path.join(await temporaryFolder(), "data");
    await mkdir(folder);
    const file = await fixture.write(folder, ROWS);
    return { file, dataset: await openDataset(file), target: path.join(folder, "..", "subset") };
  };

  describe(fixture.name, () => {
    test("reads every row in order, as a sample with the source's own bytes or as a rejected row", async () => {
      const { dataset } = await open();
      const items = await readAll(dataset);
      expect(dataset.rows).toBe(12);
      expect(items.map((item) => sourceOf(item).row)).toEqual(ROWS.map((_, row) => row));
      for (const [row, item] of items.entries()) {
        if (row === 3 || row === 7) {
          expect(item).toMatchObject({
            type: "rejected",
            rejected: { rowId: `row-${row}`, code: row === 3 ? "no-image" : "empty-question" },
          });
        } else if (item.type === "sample") {
          expect(item.sample).toMatchObject({
            rowId: `row-${row}`,
            question: `<image>\n${ROWS[row]?.question}`,
            groundTruth: String(row + 1),
          });
          expect(Buffer.from(item.sample.images[0]?.bytes ?? []).equals(ROWS[row]?.image as Buffer)).toBe(true);
          expect(item.sample.images[0]).toMatchObject({ width: 3 + row, height: 3, mediaType: "image/png" });
        } else expect.fail(item.rejected.reason);
      }
    });

    test("skips the rows that `only` leaves out, and keeps their numbers", async () => {
      const { dataset } = await open();
      const items = await readAll(dataset, (_file, row) => row % 5 === 4);
      expect(items.map((item) => sourceOf(item).row)).toEqual([4, 9]);
    });

    test("can be read twice at the same time", async () => {
      const { dataset } = await open();
      const [first, second] = await Promise.all([readAll(dataset), readAll(dataset)]);
      expect(first).toEqual(second);
    });

    test("writes a subset of everything that holds every value and byte", async () => {
      const { file, dataset, target } = await open();
      const items = await readAll(dataset);
      const written = await dataset.writeSubset(
        select(items, () => true),
        target,
      );
      expect(written.rows).toBe(12);
      const copy = path.join(target, path.basename(file));
      expect(await fixture.values(copy)).toEqual(await fixture.values(file));
      expect((await readAll(await openDataset(copy))).map(content)).toEqual(items.map(content));
    });

    test("writes a subset of some rows, in order, that stands alone", async () => {
      const { file, dataset, target } = await open();
      const items = await readAll(dataset);
      const keep = (index: number) => index % 3 === 2;
      const written = await dataset.writeSubset(select(items, keep), target);
      const copy = path.join(target, path.basename(file));
      const values = await fixture.values(file);
      expect(await fixture.values(copy)).toEqual(values.filter((_, index) => keep(index)));
      const again = await openDataset(copy);
      expect([written.rows, again.rows, again.format]).toEqual([4, 4, dataset.format]);
      expect((await readAll(again)).map(content)).toEqual(items.filter((_, index) => keep(index)).map(content));
      expect(written.files.every((name) => !name.includes(".partial"))).toBe(true);
    });

    test("writes a subset of nothing as a whole file without rows", async () => {
      const { file, dataset, target } = await open();
      expect((await dataset.writeSubset(new Map(), target)).rows).toBe(0);
      expect(await fixture.values(path.join(target, path.basename(file)))).toEqual([]);
    });

    test("changes its fingerprint with its content alone", async () => {
      const { file, dataset } = await open();
      expect((await openDataset(file)).fingerprint).toBe(dataset.fingerprint);
      const { pack, unpack } = fixture.packing ?? { pack: (one) => one, unpack: (one) => one };
      const bytes = unpack(await readFile(file));
      const other = Buffer.from(bytes.toString("latin1").replace("really", "rEally"), "latin1");
      expect(other.equals(bytes)).toBe(false);
      await writeFile(file, pack(other));
      expect((await openDataset(file)).fingerprint).not.toBe(dataset.fingerprint);
    });

    test("refuses to write over itself", async () => {
      const { file, dataset } = await open();
      await expect(dataset.writeSubset(new Map(), path.dirname(file))).rejects.toMatchObject({ code: "usage" });
    });

    test("stops when told to, leaving nothing under a final name", async () => {
      const { file, dataset, target } = await open();
      const items = await readAll(dataset);
      await expect(
        dataset.writeSubset(
          select(items, () => true),
          target,
          AbortSignal.abort(),
        ),
      ).rejects.toThrow();
      await expect(readFile(path.join(target, path.basename(file)))).rejects.toThrow("ENOENT");
    });
  });
}
