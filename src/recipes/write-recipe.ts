import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { packageRoot } from "../lib/package-root.ts";
import type { Recipe, Scored, Settings } from "./recipe.ts";

/** What the reward function reads of a run (`recipes/winnow_reward.py`). */
export interface RewardSettings {
  /** How this Winnow is started: paths, which the reward tries first. */
  readonly command: readonly string[];
  /** Flags of `winnow grade` that it was graded with. */
  readonly grade: readonly string[];
}

/** Writes a recipe into a folder, which it makes; gives the names of its files. */
export async function writeRecipe(
  recipe: Recipe,
  folder: string,
  scored: Scored,
  reward: RewardSettings,
): Promise<readonly string[]> {
  const templates = join(packageRoot(), "recipes");
  const settings = recipe.settings(scored);
  const files = new Map<string, string>();
  for (const name of await readdir(join(templates, recipe.trainer))) {
    const text = await readFile(join(templates, recipe.trainer, name), "utf8");
    files.set(name, settings[name] === undefined ? text : fillIn(text, settings[name], `${recipe.trainer}/${name}`));
  }
  files.set("winnow_reward.py", await readFile(join(templates, "winnow_reward.py"), "utf8"));
  for (const [name, text] of Object.entries(recipe.files?.(scored) ?? {})) files.set(name, text);
  const { model, formatPrompt, rollouts, temperature, topP, topK, maxTokens, seed, maxPixels, longestPrompt } = scored;
  const facts = {
    ...reward,
    model,
    format_prompt: formatPrompt,
    rollouts,
    temperature,
    top_p: topP,
    top_k: topK,
    max_tokens: maxTokens,
    seed,
    max_pixels: maxPixels ?? null,
    longest_prompt: longestPrompt ?? null,
  };
  files.set("scored.json", `${JSON.stringify(facts, null, 2)}\n`);
  await mkdir(folder);
  for (const [name, text] of files) await writeFile(join(folder, name), text);
  return [...files.keys()].sort();
}

/** A YAML template with values in place of its own; its comments and order stay. */
function fillIn(template: string, settings: Settings, name: string): string {
  const document = parseDocument(template);
  setAll(document, [], settings, name);
  return document.toString({ lineWidth: 0 });
}

function setAll(document: Document, path: readonly string[], settings: Settings, name: string): void {
  for (const [key, value] of Object.entries(settings)) {
    const at = [...path, key];
    if (!document.hasIn(at)) throw new Error(`recipes/${name} has no key ${at.join(".")}`);
    if (value === undefined) document.deleteIn(at);
    else if (value !== null && typeof value === "object") setAll(document, at, value, name);
    else document.setIn(at, value);
  }
}
