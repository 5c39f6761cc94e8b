import { join } from "node:path";
import { packageRoot } from "./package-root.ts";

/** The directory of the nano model, which comes with Winnow and is used where no other is named. */
export function nanoModel(): string {
  return join(packageRoot(), "models", "nano");
}
