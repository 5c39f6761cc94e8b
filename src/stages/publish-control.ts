import { rm } from "node:fs/promises";
import type { Dataset } from "../formats/format.ts";
import { hashText } from "../lib/hash-text.ts";
import type { Decision } from "../records.ts";
import type { SampleEntry } from "../runs/ledger.ts";
import type { WrittenControl } from "../runs/manifest.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { SampleIndex } from "./read-samples.ts";
import { selectRows, writeRows } from "./write-subset.ts";

/**
 * Writes a random subset to `control/` in the dataset's own format: as many samples as were
 * selected, and as many of each kind of ground truth, drawn from all that can be graded, the
 * selected ones among them. Unless `wanted`, an old one is removed, since it fits no longer.
 */
export async function publishControl(
  run: RunDirectory,
  dataset: Dataset,
  index: SampleIndex,
  decisions: readonly Decision[],
  options: { readonly wanted: boolean; readonly seed: number; readonly signal?: AbortSignal },
): Promise<WrittenControl | null> {
  if (!options.wanted) {
    await rm(run.file("control"), { recursive: true, force: true });
    return null;
  }
  const selected = new Set(decisions.filter((decision) => decision.selected).map((decision) => decision.sampleId));
  const decided = new Set(decisions.map((decision) => decision.sampleId));
  const population = index.samples.filter((sample) => decided.has(sample.id));
  const { drawn, mix } = drawControl(population, selected, options.seed);
  const written = await writeRows(run, dataset, selectRows(index, drawn), "control", options.signal);
  const overlap = [...drawn].filter((id) => selected.has(id)).length;
  return { ...written, samples: drawn.size, overlap, mix };
}

/** Draws as many samples of each kind of ground truth as are selected; the same ones for a seed, whatever the order of rows. */
export function drawControl(
  population: readonly SampleEntry[],
  selected: ReadonlySet<string>,
  seed: number,
): { readonly drawn: ReadonlySet<string>; readonly mix: WrittenControl["mix"] } {
  const byKind = new Map<string, string[]>();
  for (const { id, kind = "unknown", ungradable } of population) {
    if (ungradable !== undefined) continue;
    const ids = byKind.get(kind);
    if (ids === undefined) byKind.set(kind, [id]);
    else ids.push(id);
  }
  const drawn = new Set<string>();
  const mix = [...byKind].map(([kind, ids]) => {
    const wanted = ids.filter((id) => selected.has(id)).length;
    const ranked = ids
      .map((id) => ({ id, rank: hashText(`${seed}/control/${id}`) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    for (const { id } of ranked.slice(0, wanted)) drawn.add(id);
    return { kind, all: ids.length, subset: wanted, control: wanted };
  });
  return { drawn, mix: mix.sort((a, b) => b.all - a.all || (a.kind < b.kind ? -1 : 1)) };
}
