import { existsSync } from "node:fs";
import { join } from "node:path";
import { WinnowError } from "../errors.ts";
import { openDatabase, sqlText } from "../runs/database.ts";

/** What became of the samples of one planted cohort. */
export interface CohortSummary {
  readonly cohort: string;
  readonly samples: number;
  readonly passedCde: number;
  readonly rejectedByCde: number;
  readonly selected: number;
  /** Mean share of correct rollouts with the image, in [0, 1]; `null` where the method took none. */
  readonly passRateImage: number | null;
}

/**
 * Holds a run's decisions against a truth the selector never saw: JSON lines with `id` (the
 * rows' own ids) and `cohort`. Throws when the file has neither, or no id of it is in the run.
 */
export async function tabulateTruth(directory: string, truth: string): Promise<readonly CohortSummary[]> {
  for (const file of [truth, join(directory, "decisions.parquet"), join(directory, "samples.parquet")]) {
    if (!existsSync(file))
      throw new WinnowError("input", `${file} does not exist; a finished run and its truth are needed.`);
  }
  using database = await openDatabase(join(directory, "spill-report.tmp"));
  const cohorts: CohortSummary[] = [];
  const rows = database.rows(
    `SELECT t.cohort, count(*) AS samples, count(*) FILTER (d.passed_cde) AS "passedCde",
       count(*) FILTER (NOT d.passed_cde) AS "rejectedByCde", count(*) FILTER (d.selected) AS selected,
       avg(1 - d.difficulty) AS "passRateImage"
     FROM ${sqlText(join(directory, "decisions.parquet"))} d
     JOIN (SELECT DISTINCT ON (id) id, row_id FROM ${sqlText(join(directory, "samples.parquet"))}) s ON s.id = d.id
     JOIN read_json(${sqlText(truth)}, format='newline_delimited', columns={id: 'VARCHAR', cohort: 'VARCHAR'}) t
       ON t.id = s.row_id
     GROUP BY t.cohort ORDER BY samples DESC, t.cohort`,
  );
  for await (const row of rows) cohorts.push(row as unknown as CohortSummary);
  if (cohorts.length > 0) return cohorts;
  throw new WinnowError("input", `${truth}: expected JSON lines with \`id\` and \`cohort\`; found no id of this run.`);
}

/** The cohorts as a table for people. */
export function renderTruth(cohorts: readonly CohortSummary[]): string {
  // Methods other than RAP have no gates to tell of.
  const gates = cohorts.some((one) => one.passedCde + one.rejectedByCde > 0);
  const header = ["cohort", "samples", "pass@1", ...(gates ? ["rejected by CDE", "passed CDE"] : []), "selected"];
  const share = (part: number, whole: number): string => `${part} (${((100 * part) / whole).toFixed(1)} %)`;
  const rows = cohorts.map((one) => [
    one.cohort,
    String(one.samples),
    one.passRateImage?.toFixed(2) ?? "–",
    ...(gates ? [share(one.rejectedByCde, one.samples), share(one.passedCde, one.samples)] : []),
    share(one.selected, one.samples),
  ]);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number))).join("  ")}`;
  return `${[header, ...rows].map(line).join("\n")}\n`;
}
