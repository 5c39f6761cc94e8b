import path from "node:path";
import type { ColumnTypes } from "../formats/column-type.ts";
import { type Database, sqlText } from "../runs/database.ts";
import type { SampleEntry } from "../runs/ledger.ts";
import type { Manifest } from "../runs/manifest.ts";
import { drawControl } from "./publish-control.ts";

/** The selected samples of a run, a random control of equal size and answer kinds, or all that could be read. */
export type WhichSamples = "selected" | "control" | "all";

/** Samples of a run to write, with what is known of each. */
export interface ChosenSamples {
  /** Columns of the scores: those that any chosen sample has a value for. */
  readonly columns: ColumnTypes;
  /** Values of the columns by sample id. */
  readonly scores: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Rows they stand in, exact duplicates included. */
  readonly rows: number;
}

/** Columns of `scores.parquet` that go along with a sample. */
const SCORES: ColumnTypes = {
  reason: "text",
  d: "number",
  psi: "number",
  difficulty: "number",
  correct_image: "integer",
  image_taken: "integer",
  correct_text: "integer",
  text_taken: "integer",
  m: "integer",
};

/** Chooses samples of a finished run; `entries` are its rows, duplicates included. */
export async function chooseSamples(
  database: Database,
  directory: string,
  entries: readonly SampleEntry[],
  manifest: Manifest,
  which: WhichSamples,
): Promise<ChosenSamples> {
  const rows = new Map<string, Record<string, unknown>>();
  const selected = new Set<string>();
  const names = Object.keys(SCORES);
  const table = sqlText(path.join(directory, "scores.parquet"));
  for await (const row of database.rows(`SELECT id, selected, ${names.join(", ")} FROM read_parquet(${table})`)) {
    rows.set(row.id as string, row);
    if (row.selected === true) selected.add(row.id as string);
  }
  const chosen = which === "all" ? new Set(rows.keys()) : which === "selected" ? selected : draw();
  const used = names.filter((name) => [...chosen].some((id) => (rows.get(id)?.[name] ?? null) !== null));
  const scores = new Map<string, Readonly<Record<string, unknown>>>();
  for (const id of chosen) {
    const row = rows.get(id);
    scores.set(
      id,
      Object.fromEntries([["winnow_id", id], ...used.map((name) => [prefixed(name), row?.[name] ?? null])]),
    );
  }
  const types = used.map((name) => [prefixed(name), SCORES[name]]);
  return {
    columns: { winnow_id: "text", ...Object.fromEntries(types) },
    scores,
    rows: entries.filter(({ id }) => chosen.has(id)).length,
  };

  function draw(): ReadonlySet<string> {
    const first = new Map(entries.toReversed().map((entry) => [entry.id, entry]));
    const decided = [...first.values()].filter(({ id }) => (rows.get(id)?.reason ?? "refused") !== "refused");
    return drawControl(decided, selected, manifest.selection.seed).drawn;
  }
}

/** Told from the dataset's and the trainer's own columns by their name. */
function prefixed(name: string): string {
  return `winnow_${name}`;
}
