import { existsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { WinnowError } from "../errors.ts";
import { type Database, openDatabase, sqlText } from "../runs/database.ts";
import { readManifest } from "../runs/manifest.ts";

/** One of two selections. */
export interface ComparedSide {
  /** The run directory, or its `decisions.parquet`. */
  readonly path: string;
  /** `null` for a table alone. */
  readonly model: string | null;
  readonly samples: number;
  readonly selected: number;
}

/** How an estimate differs between two runs, over the samples that have it in both. */
export interface Shift {
  readonly samples: number;
  /** Mean of B − A; `null` when there is no such sample. */
  readonly mean: number | null;
  /** Mean of |B − A|. */
  readonly absolute: number | null;
  /** Pearson's correlation; `null` when either does not vary. */
  readonly correlation: number | null;
}

/** A sample that one selects and the other does not. */
export interface DifferingSample {
  readonly id: string;
  readonly rowId: string | null;
  readonly file: string;
  readonly row: number;
  readonly selectedBy: "a" | "b";
  readonly reasonA: string;
  readonly reasonB: string;
  readonly dA: number | null;
  readonly dB: number | null;
  readonly psiA: number | null;
  readonly psiB: number | null;
}

/** Two selections of one dataset side by side. */
export interface Comparison {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Samples that both runs decided on; the rest of this counts among them. */
  readonly common: number;
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly neither: number;
  /** |A ∩ B| / |A ∪ B|, in [0, 1]; `null` when nothing is selected. */
  readonly jaccard: number | null;
  /** The Jaccard index that two random subsets of these sizes come to on average, about. */
  readonly jaccardByChance: number | null;
  /** Samples that just one selects, by the reasons of both, the most common first. */
  readonly moves: readonly {
    readonly selectedBy: "a" | "b";
    readonly reasonA: string;
    readonly reasonB: string;
    readonly samples: number;
  }[];
  readonly d: Shift;
  readonly psi: Shift;
  /** 1 − c₁/M. */
  readonly difficulty: Shift;
  /** Where they differ, in the order of the largest differences in D. */
  readonly differing: readonly DifferingSample[];
}

/**
 * Compares two finished runs, or their `decisions.parquet`, sample by sample: what both select,
 * who differs and why. `limit`: differing samples listed at most. Throws `WinnowError`: `run`
 * (one is not finished), `input` (no sample in common: another dataset, or another id column).
 */
export async function compareRuns(a: string, b: string, limit: number): Promise<Comparison> {
  const [tableA, tableB] = [findDecisions(a), findDecisions(b)];
  using database = await openDatabase(join(tmpdir(), `winnow-compare-${process.pid}`));
  const joined = `(SELECT a.id, a.file, a."row", a.selected AS in_a, b.selected AS in_b, a.reason AS reason_a, b.reason AS reason_b,
    a.d AS d_a, b.d AS d_b, a.psi AS psi_a, b.psi AS psi_b, a.difficulty AS difficulty_a, b.difficulty AS difficulty_b
    FROM ${sqlText(tableA)} a JOIN ${sqlText(tableB)} b ON a.id = b.id)`;
  const counts = (await database.first(
    `SELECT count(*) AS common, count(*) FILTER (in_a AND in_b) AS both, count(*) FILTER (in_a AND NOT in_b) AS "onlyA",
     count(*) FILTER (in_b AND NOT in_a) AS "onlyB", count(*) FILTER (NOT in_a AND NOT in_b) AS neither FROM ${joined}`,
  )) as unknown as Record<"common" | "both" | "onlyA" | "onlyB" | "neither", number>;
  if (counts.common === 0) {
    throw new WinnowError(
      "input",
      `${a} and ${b} have no sample in common: they are of different datasets, or ids were read from different columns.`,
    );
  }
  const { common, both, onlyA, onlyB } = counts;
  const union = both + onlyA + onlyB;
  const byChance = ((both + onlyA) * (both + onlyB)) / common;
  return {
    a: await describeSide(database, a, tableA),
    b: await describeSide(database, b, tableB),
    ...counts,
    jaccard: union === 0 ? null : both / union,
    jaccardByChance: union === 0 ? null : byChance / (both + onlyA + both + onlyB - byChance),
    moves: await listMoves(database, joined),
    d: await measureShift(database, joined, "d"),
    psi: await measureShift(database, joined, "psi"),
    difficulty: await measureShift(database, joined, "difficulty"),
    differing: await listDiffering(database, joined, a, limit),
  };
}

function findDecisions(path: string): string {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const table = isFolder ? join(path, "decisions.parquet") : path;
  if (existsSync(table)) return resolve(table);
  throw new WinnowError(
    "run",
    `${path}: expected a finished run, or its decisions.parquet; found ${isFolder ? "no decisions" : "nothing"} there.`,
  );
}

async function describeSide(database: Database, path: string, table: string): Promise<ComparedSide> {
  const counts = await database.first(
    `SELECT count(*) AS samples, count(*) FILTER (selected) AS selected FROM ${sqlText(table)}`,
  );
  const manifest = await readManifest(path);
  return { path, model: manifest?.model.name ?? null, ...(counts as { samples: number; selected: number }) };
}

async function listMoves(database: Database, joined: string): Promise<Comparison["moves"]> {
  const moves: Comparison["moves"][number][] = [];
  const rows = database.rows(
    `SELECT CASE WHEN in_a THEN 'a' ELSE 'b' END AS "selectedBy", reason_a AS "reasonA", reason_b AS "reasonB",
     count(*) AS samples FROM ${joined} WHERE in_a <> in_b GROUP BY ALL ORDER BY samples DESC, 1, 2, 3`,
  );
  for await (const row of rows) moves.push(row as unknown as Comparison["moves"][number]);
  return moves;
}

async function measureShift(database: Database, joined: string, name: "d" | "psi" | "difficulty"): Promise<Shift> {
  const [a, b] = [`${name}_a`, `${name}_b`];
  const row = await database.first(
    `SELECT count(*) AS samples, avg(${b} - ${a}) AS mean, avg(abs(${b} - ${a})) AS absolute,
     CASE WHEN stddev_pop(${a}) > 0 AND stddev_pop(${b}) > 0 THEN corr(${a}, ${b}) END AS correlation
     FROM ${joined} WHERE ${a} IS NOT NULL AND ${b} IS NOT NULL`,
  );
  return row as unknown as Shift;
}

async function listDiffering(
  database: Database,
  joined: string,
  a: string,
  limit: number,
): Promise<readonly DifferingSample[]> {
  const samples = join(a, "samples.parquet");
  const ids = existsSync(samples)
    ? `(SELECT DISTINCT ON (id) id, row_id FROM ${sqlText(samples)})`
    : "(SELECT NULL AS id, NULL AS row_id WHERE false)";
  const differing: DifferingSample[] = [];
  const rows = database.rows(
    `SELECT j.id, s.row_id AS "rowId", j.file, j."row", CASE WHEN in_a THEN 'a' ELSE 'b' END AS "selectedBy",
     reason_a AS "reasonA", reason_b AS "reasonB", d_a AS "dA", d_b AS "dB", psi_a AS "psiA", psi_b AS "psiB"
     FROM ${joined} j LEFT JOIN ${ids} s ON s.id = j.id WHERE in_a <> in_b
     ORDER BY abs(d_a - d_b) DESC NULLS LAST, j.id LIMIT ${limit}`,
  );
  for await (const row of rows) differing.push(row as unknown as DifferingSample);
  return differing;
}
