import { createHash } from "node:crypto";

/** SHA-256 of a text's UTF-8 bytes, as the first `digits` hex digits (at most 64). */
export function hashText(text: string, digits = 32): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, digits);
}
