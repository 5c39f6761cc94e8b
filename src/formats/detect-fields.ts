import { WinnowError } from "../errors.ts";
import type { FieldCandidates } from "./dialects/dialect.ts";
import type { Dataset, FieldNames } from "./format.ts";
import { columnsOf, fieldValue, type Preview } from "./row.ts";

/** Common names of each field, the likeliest first. */
export const COMMON_NAMES = {
  question: ["problem", "question", "prompt", "query", "instruction"],
  answer: [
    "answer",
    "solution",
    "ground_truth",
    "groundtruth",
    "gold",
    "gold_answer",
    "label",
    "target",
    "final_answer",
    "reference_answer",
  ],
  images: ["images", "image", "img", "imgs", "image_path", "image_paths", "picture", "pictures", "figure", "file_name"],
  id: ["id", "onlyid", "uid", "uuid", "qid", "question_id", "sample_id", "index", "idx", "pid"],
  choices: ["choices", "options"],
} as const satisfies FieldCandidates;

/** The common names of an answer, this one before the others. */
export function answersAfter(first: string): readonly string[] {
  return [first, ...COMMON_NAMES.answer.filter((name) => name !== first)];
}

/** What `detectFields` goes by. */
export interface FieldSearch {
  /** The file, for errors. */
  readonly file: string;
  readonly preview: Preview;
  readonly candidates: FieldCandidates;
  /** The dialect was named, and its likeliest answer column is the one; else others are asked about. */
  readonly settled: boolean;
}

/**
 * Where each field stands: the named ones, checked to exist, and for the rest the first
 * candidate there is. The answer is never guessed: with two or more candidates it, or the
 * dialect, must be named. Throws `WinnowError("input")` naming the file, the field and the
 * columns found.
 */
export function detectFields({ file, preview, candidates, settled }: FieldSearch): Dataset["fields"] {
  const { columns, named } = preview;
  for (const [field, column] of Object.entries(named)) {
    if (column !== undefined && !isThere(column, preview)) {
      throw new WinnowError(
        "input",
        `${file}: there is no column \`${column}\` for \`fields.${field}\`; found ${list(columns)}.`,
      );
    }
  }
  const taken = new Set(Object.values(named));
  // A conversation holds question and answer.
  const holdsBoth = (column: string) =>
    [candidates.question, candidates.answer].every((names) => names.includes(column.toLowerCase()));
  const free = (names: readonly string[]) =>
    present(names, preview).filter((column) => !taken.has(column) || holdsBoth(column));
  const find = (field: keyof FieldNames) => free(candidates[field]);
  const mustFind = (field: "question" | "answer" | "images"): string => {
    const column = named[field] ?? find(field)[0];
    if (column !== undefined) return column;
    throw new WinnowError(
      "input",
      `${file}: no column looks like the ${field} (expected one of ${candidates[field].join(", ")}); found ${list(columns)}. Name it with --${field} COLUMN (\`fields.${field}\`).`,
    );
  };
  const answers = new Set([...find("answer"), ...free(COMMON_NAMES.answer)]);
  if (named.answer === undefined && !settled && answers.size > 1) {
    throw new WinnowError(
      "input",
      `${file}: ${answers.size} columns could hold the answer: ${list([...answers])}. Name the right one with --answer COLUMN (\`fields.answer\`).`,
    );
  }
  const id = named.id ?? find("id")[0];
  const choices = named.choices ?? find("choices")[0];
  return {
    question: mustFind("question"),
    answer: mustFind("answer"),
    images: mustFind("images"),
    ...(id === undefined ? {} : { id }),
    ...(choices === undefined ? {} : { choices }),
  };
}

/** Those of `names` that are there, as the dataset spells them. */
export function present(names: readonly string[], preview: Preview): readonly string[] {
  return names.flatMap((name) => {
    const spelt = preview.columns.filter((column) => column.toLowerCase() === name);
    return spelt.length === 0 && name.includes(".") && isThere(name, preview) ? [name] : spelt;
  });
}

/** Whether a column, or a part of one in at least one of the first rows, has this name. */
function isThere(name: string, { columns, rows }: Pick<Preview, "columns" | "rows">): boolean {
  const sources = columnsOf(name, columns);
  if (sources.length === 0 || sources.includes(name) || name.includes("{")) return sources.length > 0;
  return rows.length === 0 || rows.some((row) => fieldValue(row, name) !== undefined);
}

function list(columns: readonly string[]): string {
  const shown = columns.slice(0, 20).map((column) => `\`${column}\``);
  return columns.length === 0 ? "no columns" : shown.join(", ") + (columns.length > 20 ? ", …" : "");
}
