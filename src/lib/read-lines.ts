import { createReadStream } from "node:fs";

/**
 * The lines of a text file one by one, without their ends. A line ends at `\n` alone: unlike
 * readline's, a line of JSON lines may hold U+2028 and U+2029. Empty lines are left out.
 */
export async function* readLines(path: string): AsyncIterable<string> {
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() as string;
    yield* lines.filter((line) => line !== "");
  }
  if (rest !== "") yield rest;
}
