import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import type { Dataset, RowSelection, WrittenSubset } from "../formats/format.ts";
import type { Decision } from "../records.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { SampleIndex } from "./read-samples.ts";

/**
 * Writes the selected samples' rows, exact duplicates included, to `subset/` in the dataset's
 * own format; the old subset stands until the new one is whole. A selection of nothing or of
 * everything is only written with `allowEmpty` (or, of everything, with `allowAll`); without, there is
 * no subset at all, so that an old one cannot be taken for the new, and `null` comes back.
 */
export async function publishSubset(
  run: RunDirectory,
  dataset: Dataset,
  index: SampleIndex,
  decisions: readonly Decision[],
  options: { readonly allowEmpty: boolean; readonly allowAll?: boolean; readonly signal?: AbortSignal },
): Promise<WrittenSubset | null> {
  const selected = new Set(decisions.filter((decision) => decision.selected).map((decision) => decision.sampleId));
  const final = run.file("subset");
  const all = selected.size === decisions.length && options.allowAll !== true;
  if (!options.allowEmpty && (selected.size === 0 || all)) {
    await rm(final, { recursive: true, force: true });
    return null;
  }
  return await writeRows(run, dataset, selectRows(index, selected), "subset", options.signal);
}

/** Writes rows to a folder of the run; the old folder stands until the new one is whole. */
export async function writeRows(
  run: RunDirectory,
  dataset: Dataset,
  rows: RowSelection,
  name: "subset" | "control",
  signal?: AbortSignal,
): Promise<WrittenSubset> {
  const fresh = run.file(`${name}.tmp`);
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh);
  const written = await dataset.writeSubset(rows, fresh, signal);
  const final = run.file(name);
  const old = run.file(`${name}-old.tmp`);
  if (existsSync(final)) await rename(final, old);
  await rename(fresh, final);
  await rm(old, { recursive: true, force: true });
  return written;
}

/** The rows of these samples, exact duplicates included. */
export function selectRows(index: SampleIndex, selected: ReadonlySet<string>): RowSelection {
  const rows = new Map<string, Set<number>>();
  for (const { id, file, row } of [...index.samples, ...index.duplicates]) {
    if (selected.has(id)) rows.set(file, (rows.get(file) ?? new Set<number>()).add(row));
  }
  return rows;
}
