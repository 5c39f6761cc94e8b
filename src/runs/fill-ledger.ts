import { type AttentionTable, readRefused } from "./attention-table.ts";
import type { Database } from "./database.ts";
import type { Ledger } from "./ledger.ts";
import type { ArmSettings, RolloutTable } from "./rollout-table.ts";
import type { JournalReading } from "./tables.ts";

/** A run's tables, held or merely looked at. */
export interface RunTables {
  readonly path: string;
  readonly database: Database;
  readonly rollouts: RolloutTable;
  readonly attention: AttentionTable;
  readonly reading?: JournalReading;
}

/**
 * Puts what is on disk under these settings into a ledger: graded rollouts, ψ by one option set,
 * and samples set aside. Returns how many rollouts this version of the grader has not graded.
 */
export async function fillLedger(
  ledger: Ledger,
  run: RunTables,
  settings: ArmSettings,
  graderVersion: string,
  psiName: string,
): Promise<number> {
  let ungraded = 0;
  for await (const { sampleId, arm, index, verdict, truncated } of run.rollouts.stored(settings, graderVersion)) {
    if (verdict === undefined) ungraded += 1;
    else ledger.addRollout(sampleId, arm, index, verdict, truncated);
  }
  for await (const { sampleId, index, logPsi } of run.attention.stored(settings.image, psiName)) {
    ledger.addAttention(sampleId, index, { logPsi });
  }
  for (const [sampleId, reason] of await readRefused(
    run.database,
    run.path,
    [settings.image, settings.text],
    run.reading,
  )) {
    ledger.refuse(sampleId, reason);
  }
  return ungraded;
}
