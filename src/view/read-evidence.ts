import { medianLogPsi } from "../estimators/index.ts";
import type { Evidence } from "../records.ts";
import { fillLedger, type RunTables } from "../runs/fill-ledger.ts";
import { Ledger, type SampleEntry } from "../runs/ledger.ts";
import type { Manifest } from "../runs/manifest.ts";
import { type EvidenceTable, newEvidenceTable, SET_ASIDE, UNGRADABLE, writeId } from "./evidence-columns.ts";

/**
 * What is on disk of a run, as the selector would see it now. `psiNames`: option sets whose ψ is
 * wanted; the first is the one the run decided by. A rollout that waits for its grade is not counted.
 */
export async function readEvidence(
  tables: RunTables,
  manifest: Manifest,
  samples: readonly SampleEntry[],
  psiNames: readonly string[],
): Promise<{ readonly table: EvidenceTable; readonly setAside: ReadonlyMap<string, string> }> {
  const m = manifest.config.sampling.rollouts;
  const ledger = new Ledger(samples, m);
  await fillLedger(ledger, tables, manifest.settings, manifest.grader.version, psiNames[0]!);
  const table = newEvidenceTable({ m, samples: samples.length, psiNames });
  const places = new Map<string, number>();
  for (const [place, sample] of samples.entries()) {
    places.set(sample.id, place);
    writeId(table, place, sample.id);
    table.options[place] = sample.options ?? 0;
    table.flags[place] =
      (sample.ungradable === undefined ? 0 : UNGRADABLE) + (ledger.refused.has(sample.id) ? SET_ASIDE : 0);
  }
  for (const one of ledger.evidence()) fillCounts(table, places.get(one.sampleId)!, one, psiNames[0]!);
  for (const name of psiNames.slice(1)) await fillPsi(tables, manifest, table, places, name);
  return { table, setAside: ledger.refused };
}

function fillCounts(table: EvidenceTable, place: number, one: Evidence, psiName: string): void {
  for (const arm of ["image", "text"] as const) {
    table[arm].taken[place] = one[arm].taken;
    table[arm].correct[place] = one[arm].correct;
    table[arm].truncated[place] = one[arm].truncated;
  }
  table.logPsi.get(psiName)![place] = medianLogPsi(one.logPsi) ?? Number.NaN;
}

/** The medians by one more option set, of samples whose M responses were all measured. */
async function fillPsi(
  tables: RunTables,
  manifest: Manifest,
  table: EvidenceTable,
  places: ReadonlyMap<string, number>,
  psiName: string,
): Promise<void> {
  const { m, samples } = table;
  const measured = new Float64Array(samples * m).fill(Number.NaN);
  for await (const { sampleId, index, logPsi } of tables.attention.stored(manifest.settings.image, psiName)) {
    const place = places.get(sampleId);
    if (place !== undefined && index < m) measured[place * m + index] = logPsi;
  }
  const medians = table.logPsi.get(psiName)!;
  for (let place = 0; place < samples; place++) {
    const values = Array.from(measured.subarray(place * m, (place + 1) * m));
    if (!values.some(Number.isNaN)) medians[place] = medianLogPsi(values) ?? Number.NaN;
  }
}
