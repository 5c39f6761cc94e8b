import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Database, sqlText } from "../runs/database.ts";

/** Groups of one kind that are named; the rest are put together. */
const GROUPS = 12;

/** Samples of one group, and those of them that were selected. */
export interface Group {
  readonly name: string;
  readonly samples: number;
  readonly selected: number;
}

/** What the dataset is made of, and what the selection does to it. */
export interface Composition {
  /** By kind of ground truth, as the grader reads it. */
  readonly kinds: readonly Group[];
  /** By file of the dataset. */
  readonly files: readonly Group[];
  /** By characters of the question, in doublings. */
  readonly questionLength: readonly Group[];
  /** By mean tokens of the with-image responses, in doublings. */
  readonly responseLength: readonly Group[];
}

/** Counts groups before and after; `undefined` before there are decisions. `rollouts`: a query of `imageSettings`' arm. */
export async function countComposition(
  database: Database,
  directory: string,
  rollouts: string | undefined,
  imageSettings: string,
): Promise<Composition | undefined> {
  const [decisions, samples] = ["decisions", "samples"].map((name) => join(directory, `${name}.parquet`)) as [
    string,
    string,
  ];
  if (!existsSync(decisions) || !existsSync(samples)) return undefined;
  const lengths =
    rollouts === undefined
      ? "SELECT NULL::VARCHAR AS sample_id, NULL::DOUBLE AS tokens"
      : `SELECT sample_id, avg(response_tokens) AS tokens FROM (${rollouts})
         WHERE arm = 'image' AND settings = ${sqlText(imageSettings)} GROUP BY sample_id`;
  await database.run(
    `CREATE OR REPLACE TEMP TABLE composition AS
     SELECT d.selected, s.kind, d.file, s.characters, r.tokens FROM ${sqlText(decisions)} d
     JOIN (SELECT id, any_value(kind) AS kind, any_value(length(question)) AS characters
           FROM ${sqlText(samples)} GROUP BY id) s ON s.id = d.id
     LEFT JOIN (${lengths}) r ON r.sample_id = d.id`,
  );
  return {
    kinds: await largestGroups(database, "coalesce(kind, 'unknown')"),
    files: await largestGroups(database, "file"),
    questionLength: await doublings(database, "characters"),
    responseLength: await doublings(database, "tokens"),
  };
}

async function largestGroups(database: Database, name: string): Promise<Group[]> {
  const groups: Group[] = [];
  const rows = database.rows(
    `WITH groups AS (SELECT ${name} AS name, count(*) AS samples, count(*) FILTER (selected) AS selected
       FROM composition GROUP BY 1),
     ranked AS (SELECT *, row_number() OVER (ORDER BY samples DESC, name) AS rank FROM groups)
     SELECT CASE WHEN rank <= ${GROUPS} THEN name END AS name, sum(samples)::BIGINT AS samples,
       sum(selected)::BIGINT AS selected, count(*) AS groups, min(rank) AS place
     FROM ranked GROUP BY 1 ORDER BY place`,
  );
  for await (const { name: given, samples, selected, groups: others } of rows) {
    groups.push({
      name: (given as string | null) ?? `${others} others`,
      samples: samples as number,
      selected: selected as number,
    });
  }
  return groups;
}

/** Groups 1, 2–3, 4–7, … of a whole number, and of a mean by its whole part. */
async function doublings(database: Database, column: string): Promise<Group[]> {
  const groups: Group[] = [];
  const rows = database.rows(
    `SELECT floor(log2(greatest(floor(${column}), 1)))::INTEGER AS power, count(*) AS samples,
       count(*) FILTER (selected) AS selected
     FROM composition WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 1`,
  );
  for await (const { power, samples, selected } of rows) {
    const from = 2 ** (power as number);
    const name = from === 1 ? "1" : `${from.toLocaleString("en")}–${(2 * from - 1).toLocaleString("en")}`;
    groups.push({ name, samples: samples as number, selected: selected as number });
  }
  return groups;
}
