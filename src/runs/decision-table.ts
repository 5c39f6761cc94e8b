import type { Decision } from "../records.ts";
import type { SampleEntry } from "./ledger.ts";
import type { Columns } from "./tables.ts";

/** `decisions.parquet`: one row per sample, in dataset order. */
export const DECISION_COLUMNS: Columns = {
  id: "VARCHAR",
  selected: "BOOLEAN",
  reason: "VARCHAR",
  d: "DOUBLE",
  psi: "DOUBLE",
  difficulty: "DOUBLE",
  correct_image: "INTEGER",
  correct_text: "INTEGER",
  m: "INTEGER",
  text_taken: "INTEGER",
  d_min: "DOUBLE",
  passed_cde: "BOOLEAN",
  passed_ace: "BOOLEAN",
  explanation: "VARCHAR",
  counterpart: "VARCHAR",
  file: "VARCHAR",
  row: "BIGINT",
};

export function toDecisionRow(decision: Decision, entry: SampleEntry): object {
  const { score } = decision;
  return {
    id: decision.sampleId,
    selected: decision.selected,
    reason: decision.reason,
    d: score.d,
    psi: score.psi,
    difficulty: score.difficulty,
    correct_image: score.correctImage,
    correct_text: score.correctText,
    m: score.m,
    text_taken: score.textTaken,
    d_min: score.dMin,
    passed_cde: decision.passedCde,
    passed_ace: decision.passedAce,
    explanation: decision.explanation,
    counterpart: decision.counterpart,
    file: entry.file,
    row: entry.row,
  };
}

/**
 * `scores.parquet` and `scores.csv`: every sample with its estimates, the counts and uncertainty they
 * rest on, what became of it and why, and where all of that comes from.
 */
export const SCORE_COLUMNS: Columns = {
  id: "VARCHAR",
  row_id: "VARCHAR",
  selected: "BOOLEAN",
  reason: "VARCHAR",
  m: "INTEGER",
  correct_image: "INTEGER",
  image_taken: "INTEGER",
  correct_text: "INTEGER",
  text_taken: "INTEGER",
  d: "DOUBLE",
  d_min: "DOUBLE",
  d_chance: "DOUBLE",
  gain_probability: "DOUBLE",
  gain_low: "DOUBLE",
  gain_high: "DOUBLE",
  psi: "DOUBLE",
  difficulty: "DOUBLE",
  explanation: "VARCHAR",
  kind: "VARCHAR",
  file: "VARCHAR",
  row: "BIGINT",
  model: "VARCHAR",
  grader: "VARCHAR",
};

/** Who answered and who graded. */
export interface Provenance {
  readonly model: string;
  readonly grader: string;
}

/** A sample that no model was asked, or that could not be answered, with the reason. */
export function toRefusedScoreRow(entry: SampleEntry, explanation: string, provenance: Provenance): object {
  const { id, rowId, kind, file, row } = entry;
  return { id, row_id: rowId, selected: false, reason: "refused", explanation, kind, file, row, ...provenance };
}

export function toScoreRow(decision: Decision, entry: SampleEntry, provenance: Provenance): object {
  const { score } = decision;
  return {
    id: decision.sampleId,
    row_id: entry.rowId,
    selected: decision.selected,
    reason: decision.reason,
    m: score.m,
    correct_image: score.correctImage,
    image_taken: score.imageTaken,
    correct_text: score.correctText,
    text_taken: score.textTaken,
    d: score.d,
    d_min: score.dMin,
    d_chance: score.dChance,
    gain_probability: score.gainProbability,
    gain_low: score.gainLow,
    gain_high: score.gainHigh,
    psi: score.psi,
    difficulty: score.difficulty,
    explanation: decision.explanation,
    kind: entry.kind,
    file: entry.file,
    row: entry.row,
    ...provenance,
  };
}
