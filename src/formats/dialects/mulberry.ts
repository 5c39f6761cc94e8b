import { previewTurns, readChat } from "../chat-row.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import type { Dialect } from "./dialect.ts";

const MARKER = "### The final answer is:";

/** Mulberry: `messages` whose last turn reasons and then answers after a marker; `images`, a list or a bare path. */
export const mulberry: Dialect = {
  name: "mulberry",
  candidates: { ...COMMON_NAMES, question: ["messages"], answer: ["messages"], images: ["images", "image"] },
  fits(preview) {
    const conversations = previewTurns(preview, "messages", "role");
    return conversations.length > 0 && conversations.every((turns) => isMulberryAnswer(turns.at(-1)?.text));
  },
  read(row, fields) {
    const values = readChat(row, fields);
    return { ...values, answer: typeof values.answer === "string" ? afterMarker(values.answer) : values.answer };
  },
};

/** Whether a turn answers as Mulberry's do. */
export function isMulberryAnswer(text: string | undefined): boolean {
  return text?.includes(MARKER) === true;
}

/** What follows the last marker; nothing where there is none, since reasoning is no answer. */
function afterMarker(text: string): string {
  const at = text.lastIndexOf(MARKER);
  return at === -1 ? "" : text.slice(at + MARKER.length);
}
