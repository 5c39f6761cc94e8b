import { Nesting } from "./nesting.ts";
import { ContainerError } from "./split-rows.ts";

/** A file that wraps its rows, by its start: one object whose first member is `data`, an array of objects. */
export const WRAPPER = /^\{\s*"data"\s*:\s*\[\s*\{/;

const BRACKET = 0x5b;

/**
 * Passes on the bytes of the first array within an object, brackets included; what stands around
 * it goes to `outside`, in order. Throws `ContainerError` when the object does not end.
 */
export async function* unwrap(
  chunks: AsyncIterable<Buffer>,
  outside?: (bytes: Buffer) => Promise<void>,
): AsyncGenerator<Buffer> {
  const nesting = new Nesting();
  let place: "before" | "within" | "after" = "before";
  for await (const chunk of chunks) {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      nesting.push(byte);
      if (place === "before" && byte === BRACKET && nesting.depth === 2 && !nesting.inString) {
        await outside?.(chunk.subarray(0, at));
        place = "within";
        start = at;
      } else if (place === "within" && nesting.depth === 1) {
        yield chunk.subarray(start, at + 1);
        place = "after";
        start = at + 1;
      }
    }
    const rest = chunk.subarray(start);
    if (place === "within") yield rest;
    else await outside?.(rest);
  }
  if (!nesting.closed) throw new ContainerError("expected } after the array `data`; found the end of the file");
}
