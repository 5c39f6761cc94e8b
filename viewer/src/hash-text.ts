import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** `src/lib/hash-text.ts` for the browser, which has no synchronous SHA-256 of its own: the same hash. */
export function hashText(text: string, digits = 32): string {
  return bytesToHex(sha256(new TextEncoder().encode(text))).slice(0, digits);
}
