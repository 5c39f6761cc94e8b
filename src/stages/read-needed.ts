import { WinnowError } from "../errors.ts";
import type { Dataset } from "../formats/format.ts";
import type { Sample } from "../records.ts";
import type { SampleEntry } from "../runs/ledger.ts";

/** Reads again just the samples that are wanted, in dataset order. Throws when a row is not what it was. */
export async function* readNeeded(
  dataset: Dataset,
  samples: readonly SampleEntry[],
  wanted: { has(sampleId: string): boolean },
  signal?: AbortSignal,
): AsyncIterable<Sample> {
  const rows = new Map<string, Map<number, string>>();
  for (const { id, file, row } of samples) {
    if (!wanted.has(id)) continue;
    const ofFile = rows.get(file) ?? new Map<number, string>();
    ofFile.set(row, id);
    rows.set(file, ofFile);
  }
  const only = (file: string, row: number): boolean => rows.get(file)?.has(row) ?? false;
  for await (const item of dataset.read({ only, ...(signal && { signal }) })) {
    const { file, row } = item.type === "sample" ? item.sample.source : item.rejected.source;
    const expected = rows.get(file)?.get(row);
    if (item.type === "rejected" || item.sample.id !== expected) {
      throw new WinnowError(
        "input",
        `${file}, row ${row} changed while the run was under way: expected sample ${expected}. ` +
          "Start the run again; rollouts of unchanged samples are kept.",
      );
    }
    yield item.sample;
  }
}
