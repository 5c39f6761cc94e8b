import type { RowValues } from "./build-sample.ts";
import { isConversation, readExchange, readTurns, type Turn } from "./conversation.ts";
import type { Dataset } from "./format.ts";
import { readColumns } from "./plain-row.ts";
import { Rejection } from "./rejection.ts";
import { listOf, type Preview, type Row } from "./row.ts";

/**
 * A row whose question is a conversation. An answer field that is the same column means the
 * conversation's last turn; an images field that is the same column, the sources in its parts.
 * Text in a column `system` goes in front. With `strict` the row must have one `<image>` or
 * image part per image, as trainers assert that do not load it otherwise. Throws a `Rejection`.
 */
export function readChat(row: Row, fields: Dataset["fields"], { strict = false } = {}): RowValues {
  const values = readColumns(row, fields);
  const system = row.get("system");
  const before: readonly Turn[] =
    typeof system === "string" && system !== "" ? [{ role: "system", text: system, images: [] }] : [];
  const images = fields.images === fields.question ? [] : listOf(values.images);
  const turns = [...before, ...readTurns(values.question)];
  if (strict) requirePlaces(turns, images.length);
  const exchange = readExchange(turns, images);
  const answer = fields.answer === fields.question ? exchange.answer : values.answer;
  return { ...values, question: exchange.question, images: exchange.images, answer };
}

/** The first rows' conversations in this column, as turns with their texts; those that are none are left out. */
export function previewTurns({ rows }: Preview, column: string, tags?: "role" | "from"): readonly (readonly Turn[])[] {
  return rows.flatMap((row) => {
    const value = row.get(column);
    if (!isConversation(value, tags)) return [];
    try {
      return [readTurns(value)];
    } catch (error) {
      if (error instanceof Rejection) return [];
      throw error;
    }
  });
}

/** Whether a literal `<image>` stands in the text of the conversations in this column. */
export function hasLiteralPlaces({ rows }: Preview, column: string): boolean {
  const hasPlace = (content: unknown): boolean =>
    typeof content === "string"
      ? content.includes("<image>")
      : Array.isArray(content) && content.some((part: { text?: unknown } | null) => hasPlace(part?.text));
  return rows.some((row) =>
    listOf(row.get(column)).some((turn) => hasPlace((turn as { content?: unknown } | null)?.content)),
  );
}

/** Whether each of these conversations, and there is one, ends in the assistant's answer. */
export function endsInAnswer(conversations: readonly (readonly Turn[])[]): boolean {
  return conversations.length > 0 && conversations.every((turns) => turns.at(-1)?.role === "assistant");
}

/** Whether images stand in a column of this preview, or in the parts of its conversations. */
export function hasImages({ columns }: Preview, conversations: readonly (readonly Turn[])[]): boolean {
  const inParts = conversations.some((turns) => turns.some(({ images }) => images.some((image) => image !== null)));
  return inParts || columns.some((column) => ["images", "image"].includes(column.toLowerCase()));
}

function requirePlaces(turns: readonly Turn[], images: number): void {
  const places = turns.reduce((sum, { text }) => sum + text.split("<image>").length - 1, 0);
  if (places === images) return;
  throw new Rejection(
    "placeholder-count",
    `expected one <image> per image; found ${places} in the conversation and ${images} image${images === 1 ? "" : "s"}`,
  );
}
