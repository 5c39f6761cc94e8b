import { stripVTControlCharacters } from "node:util";

/** Prints to standard output, in colour only on a terminal. */
export function print(text: string): void {
  process.stdout.write(process.stdout.isTTY ? text : stripVTControlCharacters(text));
}
