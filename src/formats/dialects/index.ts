import { WinnowError } from "../../errors.ts";
import { present } from "../detect-fields.ts";
import type { FieldNames } from "../format.ts";
import { columnsOf, type Preview, type Row } from "../row.ts";
import type { Dialect } from "./dialect.ts";
import { plain } from "./plain.ts";
import { verl } from "./verl.ts";

/** Every dialect. To add one: one file, one line here, a fixture in `test/formats/dialects/`, a page in `docs/formats/`. */
const DIALECTS: readonly Dialect[] = [plain, verl];

/** Names of the dialects there are. */
const DIALECT_NAMES: readonly string[] = DIALECTS.map(({ name }) => name);

/** The dialect of this name. Throws `WinnowError("usage")` listing those there are. */
export function findDialect(name: string): Dialect {
  const found = DIALECTS.find((dialect) => dialect.name === name);
  if (found !== undefined) return found;
  throw new WinnowError("usage", `Expected a dialect among ${DIALECT_NAMES.join(", ")}; found \`${name}\`.`);
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
export function recogniseDialect(file: string, preview: Preview, named: FieldNames): Dialect {
  const fitting = DIALECTS.filter((dialect) => allowsNames(dialect, named) && dialect.fits(preview));
  const first = fitting[0];
  if (first === undefined) return plain;
  const rival = fitting[1] ?? (readsAsPlain(preview, named, first) ? plain : undefined);
  if (rival === undefined) return first;
  const names = [first, rival].map((dialect) => `${dialect.name} (${describe(dialect, preview, named)})`);
  throw new WinnowError(
    "input",
    `${file}: two dialects fit its columns: ${names.join(" and ")}. Name the right one with --dialect NAME (\`dialect\`).`,
  );
}

/** Whether the columns that were named are ones the dialect knows. */
function allowsNames({ candidates }: Dialect, named: FieldNames): boolean {
  return (["question", "answer"] as const).every((field) => {
    const name = named[field];
    return name === undefined || candidates[field].includes(name.toLowerCase());
  });
}

/** Whether there is a question as text in another column than the dialect's own, with an answer and images. */
function readsAsPlain(preview: Preview, named: FieldNames, dialect: Dialect): boolean {
  const own = named.question ?? present(dialect.candidates.question, preview)[0];
  const asText = (row: Row, column: string) => ["string", "undefined"].includes(typeof (row.get(column) ?? undefined));
  const question = present(plain.candidates.question, preview).find((column) =>
    preview.rows.every((row) => asText(row, column)),
  );
  const rest = (["answer", "images"] as const).every(
    (field) => named[field] !== undefined || present(plain.candidates[field], preview).length > 0,
  );
  return question !== undefined && question !== own && named.question === undefined && rest;
}

function describe({ candidates }: Dialect, preview: Preview, named: FieldNames): string {
  const column = (field: "question" | "answer") => named[field] ?? present(candidates[field], preview)[0];
  return `question in \`${column("question")}\`, answer in \`${column("answer")}\``;
}
