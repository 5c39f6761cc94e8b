import { basename, isAbsolute } from "node:path";
import { cleanText } from "./clean-text.ts";

/** A model's name for people: as servers have it, or of a folder on somebody's machine the last part. */
export function nameModel(name: string, limit: number): string {
  return cleanText(isAbsolute(name) ? basename(name) : name, limit);
}
