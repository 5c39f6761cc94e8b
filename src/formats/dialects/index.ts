import { WinnowError } from "../../errors.ts";
import { present } from "../detect-fields.ts";
import type { FieldNames } from "../format.ts";
import { columnsOf, type Preview } from "../row.ts";
import type { Dialect, DialectExport } from "./dialect.ts";
import { easyr1 } from "./easyr1.ts";
import { llamaFactory } from "./llama-factory.ts";
import { llava } from "./llava.ts";
import { lmmR1 } from "./lmm-r1.ts";
import { mmEureka } from "./mm-eureka.ts";
import { msSwift } from "./ms-swift.ts";
import { mulberry } from "./mulberry.ts";
import { openrlhf } from "./openrlhf.ts";
import { plain } from "./plain.ts";
import { r1v } from "./r1-v.ts";
import { sharegpt } from "./sharegpt.ts";
import { trl } from "./trl.ts";
import { verl } from "./verl.ts";
import { vlmevalkit } from "./vlmevalkit.ts";

/** Every dialect. To add one: one file, one line here, a fixture in `test/formats/dialects/`, a page in `docs/formats/`. */
const DIALECTS: readonly Dialect[] = [
  plain,
  easyr1,
  r1v,
  verl,
  trl,
  msSwift,
  openrlhf,
  lmmR1,
  mmEureka,
  llamaFactory,
  sharegpt,
  llava,
  mulberry,
  vlmevalkit,
];

/** Names of the dialects there are. */
const DIALECT_NAMES: readonly string[] = DIALECTS.map(({ name }) => name);

/** The dialect of this name. Throws `WinnowError("usage")` listing those there are. */
export function findDialect(name: string): Dialect {
  const found = DIALECTS.find((dialect) => dialect.name === name);
  if (found !== undefined) return found;
  throw new WinnowError("usage", `Expected a dialect among ${DIALECT_NAMES.join(", ")}; found \`${name}\`.`);
}

/** Names of the dialects that samples can be written in. */
export const EXPORT_NAMES: readonly string[] = DIALECTS.filter((dialect) => dialect.export !== undefined).map(
  ({ name }) => name,
);

/** How samples are written in a dialect. Throws `WinnowError("usage")` listing those that can be. */
export function findExport(name: string): DialectExport {
  const found = DIALECTS.find((dialect) => dialect.name === name)?.export;
  if (found !== undefined) return found;
  throw new WinnowError("usage", `Expected one of ${EXPORT_NAMES.join(", ")}; found \`${name}\`.`);
}

/** The columns that recognising a dialect takes. */
export function previewColumns(columns: readonly string[], named: FieldNames): readonly string[] {
  const lower = new Set(
    DIALECTS.flatMap(({ candidates, also = [] }) => [...Object.values(candidates).flat(), ...also]).map(
      (name) => name.split(".")[0],
    ),
  );
  const asked = Object.values(named).flatMap((name) => columnsOf(name ?? "", columns));
  return columns.filter((column) => lower.has(column.toLowerCase()) || asked.includes(column));
}

/**
 * The dialect of a dataset by its columns and first rows; `plain` when no other fits. It is not
 * guessed: throws `WinnowError("input")` naming them when several fit, a question in a column
 * of its own beside a conversation included.
 */
export function recogniseDialect(file: string, preview: Preview): Dialect {
  const fitting = DIALECTS.filter((dialect) => allowsNames(dialect, preview.named) && dialect.fits(preview));
  const first = fitting[0];
  if (first === undefined) return plain;
  const rival = fitting[1] ?? (readsAsPlain(preview, first) ? plain : undefined);
  if (rival === undefined) return first;
  const [one, other] = [first, rival].map((dialect) => `${dialect.name} (${describe(dialect, preview)})`);
  throw new WinnowError(
    "input",
    `${file}: two dialects fit: ${one} and ${other}. Name the right one with --dialect NAME (\`dialect\`).`,
  );
}

/** Whether the columns that were named can be what the dialect takes them for. */
function allowsNames({ candidates: { question, answer } }: Dialect, named: FieldNames): boolean {
  const isQuestion = (name: string) => question.includes(name.toLowerCase());
  if (named.question !== undefined && !isQuestion(named.question)) return false;
  if (named.answer === undefined) return true;
  return isQuestion(named.answer)
    ? answer.includes(named.answer.toLowerCase())
    : answer.some((candidate) => !isQuestion(candidate));
}

/** Whether there is a question as text in another column than the dialect's own, with an answer and images. */
function readsAsPlain(preview: Preview, dialect: Dialect): boolean {
  const { named, rows } = preview;
  if (named.question !== undefined) return false;
  const own = present(dialect.candidates.question, preview)[0];
  const holdsText = (column: string) => rows.every((row) => typeof (row.get(column) ?? "") === "string");
  const question = present(plain.candidates.question, preview).find(holdsText);
  const isThere = (field: "answer" | "images") =>
    named[field] !== undefined || present(plain.candidates[field], preview).length > 0;
  return question !== undefined && question !== own && isThere("answer") && isThere("images");
}

function describe({ candidates }: Dialect, preview: Preview): string {
  const column = (field: "question" | "answer") => preview.named[field] ?? present(candidates[field], preview)[0];
  return `question in \`${column("question")}\`, answer in \`${column("answer")}\``;
}
