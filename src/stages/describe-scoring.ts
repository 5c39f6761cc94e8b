import { existsSync } from "node:fs";
import path from "node:path";
import { type Config, chooseBackend, pixelLimit } from "../config.ts";
import { nanoModel } from "../lib/nano-model.ts";
import { resolveFormatPrompt } from "../prompts/format-prompt.ts";
import type { Scored } from "../recipes/recipe.ts";
import { type Database, sqlText } from "../runs/database.ts";
import type { Manifest } from "../runs/manifest.ts";

/** How the samples of a run were asked and sampled, for whoever trains on them. */
export async function describeScoring(
  database: Database,
  directory: string,
  manifest: Manifest,
  exported: { readonly rows: number; readonly choices: boolean },
): Promise<Scored> {
  const { config, maxTokens, prompt, settings } = manifest;
  const { rollouts, temperature, topP, topK, seed } = config.sampling;
  const maxPixels = pixelLimit(config);
  const longestPrompt = await longestImagePrompt(database, path.join(directory, "rollouts.parquet"), settings.image);
  return {
    model: nameModel(manifest),
    formatPrompt: resolveFormatPrompt(prompt.format),
    rollouts: Math.max(2, rollouts),
    temperature,
    topP,
    topK,
    maxTokens,
    seed,
    ...(maxPixels !== undefined && { maxPixels }),
    ...(longestPrompt !== undefined && { longestPrompt }),
    ...exported,
  };
}

/** The flags of `winnow grade` that grade as a run did. */
export function gradeFlags({ policy, reward, judge, judgeModel }: Config["grading"]): readonly string[] {
  const isFile = reward !== undefined && !/^https?:/.test(reward);
  const flags = { policy, reward: isFile ? path.resolve(reward) : reward, judge, "judge-model": judgeModel };
  return Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
}

/** What a trainer loads: the directory of an embedded model, or the name that servers gave theirs. */
function nameModel({ config, model }: Manifest): string {
  if (chooseBackend(config) !== "onnx") return config.model ?? model.name;
  return path.resolve(config.model ?? nanoModel());
}

async function longestImagePrompt(database: Database, table: string, settings: string): Promise<number | undefined> {
  if (!existsSync(table)) return undefined;
  const row = await database.first(
    `SELECT max(prompt_tokens) AS longest FROM read_parquet(${sqlText(table)}) WHERE settings = ${sqlText(settings)} AND arm = 'image'`,
  );
  return (row?.longest as number | null | undefined) ?? undefined;
}
