import { WinnowError } from "../errors.ts";
import type { Dataset, FieldNames } from "./format.ts";

/** Common names of each field, the likeliest first; letter case does not matter. */
const COMMON_NAMES = {
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
} as const satisfies Record<keyof FieldNames, readonly string[]>;

/**
 * Which column holds what: the named ones, checked to exist, and for the rest the first common
 * name there is. The answer is never guessed: with two or more candidates it must be named.
 * Throws `WinnowError("input")` naming the file, the field and the columns found.
 */
export function detectFields(file: string, columns: readonly string[], named: FieldNames): Dataset["fields"] {
  for (const [field, column] of Object.entries(named)) {
    if (column !== undefined && !columns.includes(column)) {
      throw new WinnowError(
        "input",
        `${file}: there is no column \`${column}\` for \`fields.${field}\`; found ${list(columns)}.`,
      );
    }
  }
  const taken = new Set(Object.values(named));
  const find = (field: keyof FieldNames) => candidates(columns, field).filter((column) => !taken.has(column));
  const mustFind = (field: "question" | "answer" | "images"): string => {
    const column = named[field] ?? find(field)[0];
    if (column !== undefined) return column;
    throw new WinnowError(
      "input",
      `${file}: no column looks like the ${field} (expected one of ${COMMON_NAMES[field].join(", ")}); found ${list(columns)}. Name it with --${field} COLUMN (\`fields.${field}\`).`,
    );
  };
  const answers = find("answer");
  if (named.answer === undefined && answers.length > 1) {
    throw new WinnowError(
      "input",
      `${file}: ${answers.length} columns could hold the answer: ${list(answers)}. Name the right one with --answer COLUMN (\`fields.answer\`).`,
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

function candidates(columns: readonly string[], field: keyof FieldNames): readonly string[] {
  return COMMON_NAMES[field].flatMap((name) => columns.filter((column) => column.toLowerCase() === name));
}

function list(columns: readonly string[]): string {
  const shown = columns.slice(0, 20).map((column) => `\`${column}\``);
  return columns.length === 0 ? "no columns" : shown.join(", ") + (columns.length > 20 ? ", …" : "");
}
