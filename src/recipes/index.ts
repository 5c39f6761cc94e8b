import { easyr1 } from "./easyr1.ts";
import { msSwift } from "./ms-swift.ts";
import type { Recipe } from "./recipe.ts";
import { trl } from "./trl.ts";
import { verl } from "./verl.ts";

/** Every training recipe. To add one: one file, one line here, templates in `recipes/`, a row in `docs/export.md`. */
export const RECIPES: readonly Recipe[] = [easyr1, verl, trl, msSwift];
