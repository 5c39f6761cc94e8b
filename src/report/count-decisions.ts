import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DecisionReason } from "../records.ts";
import { type Database, sqlText } from "../runs/database.ts";

/** What became of a sample, as the figures tell them apart. */
const FATES = ["kept", "replacement", "dropped"] as const;
export type Fate = (typeof FATES)[number];

/** How many samples of a group had which fate; `budget-fill` counts as a replacement. */
export type FateCounts = Readonly<Record<Fate, number>>;

/** Samples that share all counts and the decision. */
export interface DecisionCell {
  readonly m: number;
  readonly correctImage: number;
  /** `null`: the text arm was not run. */
  readonly correctText: number | null;
  readonly textTaken: number;
  /** Whether the image arm is complete. */
  readonly complete: boolean;
  readonly reason: DecisionReason;
  readonly selected: boolean;
  readonly samples: number;
}

/** SQL for the fate of a row of `decisions.parquet`. */
export const FATE_SQL = `CASE WHEN NOT selected THEN 'dropped' WHEN reason = 'kept' THEN 'kept' ELSE 'replacement' END`;

export function fateOf({ selected, reason }: Pick<DecisionCell, "selected" | "reason">): Fate {
  if (!selected) return "dropped";
  return reason === "kept" ? "kept" : "replacement";
}

/** The decisions of a run by counts; empty before there are any. At most one cell per sample, a few hundred at M = 5. */
export async function countDecisions(database: Database, directory: string): Promise<readonly DecisionCell[]> {
  const path = join(directory, "decisions.parquet");
  if (!existsSync(path)) return [];
  const cells: DecisionCell[] = [];
  const rows = database.rows(
    `SELECT m, correct_image AS "correctImage", correct_text AS "correctText", text_taken AS "textTaken",
       difficulty IS NOT NULL AS complete, reason, selected, count(*) AS samples
     FROM ${sqlText(path)} GROUP BY ALL ORDER BY ALL`,
  );
  for await (const row of rows) cells.push(row as unknown as DecisionCell);
  return cells;
}

/** All samples of a group, whatever their fate. */
export function total(counts: FateCounts): number {
  return FATES.reduce((sum, fate) => sum + counts[fate], 0);
}
