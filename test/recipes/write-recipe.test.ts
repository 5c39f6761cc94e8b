import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { RECIPES } from "../../src/recipes/index.ts";
import type { Scored } from "../../src/recipes/recipe.ts";
import { writeRecipe } from "../../src/recipes/write-recipe.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SCORED: Scored = {
  model: "Qwen/Qwen2.5-VL-3B-Instruct",
  formatPrompt: "Put it in \\boxed{}.",
  rollouts: 8,
  temperature: 0.9,
  topP: 0.95,
  topK: 0,
  maxTokens: 1024,
  seed: 7,
  maxPixels: 1_000_000,
  longestPrompt: 1300,
  rows: 200,
  choices: false,
};
const REWARD = { command: ["node", "winnow.js"], grade: ["--policy", "decimalPlaces=4"] };

async function write(trainer: string, scored: Scored = SCORED): Promise<Record<string, string>> {
  const recipe = RECIPES.find((one) => one.trainer === trainer);
  if (recipe === undefined) throw new Error(trainer);
  const folder = join(await temporaryFolder(), "recipe");
  const names = await writeRecipe(recipe, folder, scored, REWARD);
  expect((await readdir(folder)).sort()).toEqual(names);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const)),
  );
}

describe.each(RECIPES.map(({ trainer }) => trainer))("the recipe for %s", (trainer) => {
  test("has a launch script, a reward on the shared grader, and what was scored", async () => {
    const files = await write(trainer);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining(["launch.sh", "reward.py", "scored.json", "winnow_reward.py"]),
    );
    expect(files["launch.sh"]).toContain("grpo|rloo");
    expect(files["reward.py"]).toContain("from winnow_reward import GRADER");
    expect(JSON.parse(files["scored.json"] as string)).toEqual({
      ...REWARD,
      model: "Qwen/Qwen2.5-VL-3B-Instruct",
      format_prompt: "Put it in \\boxed{}.",
      rollouts: 8,
      temperature: 0.9,
      top_p: 0.95,
      top_k: 0,
      max_tokens: 1024,
      seed: 7,
      max_pixels: 1_000_000,
      longest_prompt: 1300,
    });
  });

  test("keeps its templates' comments and takes every value, however it is spelt", async () => {
    const model = "a: b # c\n- 'd' {e}";
    const files = await write(trainer, { ...SCORED, model });
    const configurations = Object.entries(files).filter(([name]) => name.endsWith(".yaml"));
    expect(configurations.length).toBeGreaterThan(0);
    for (const [, text] of configurations) {
      expect(text).toMatch(/^# .*\n# Written against /);
      expect(JSON.stringify(parse(text))).toContain(JSON.stringify(model));
    }
  });
});

test("EasyR1 samples, limits and batches as the samples were scored", async () => {
  const files = await write("easyr1");
  expect(parse(files["config.yaml"] as string)).toMatchObject({
    data: {
      prompt_key: "problem",
      answer_key: "answer",
      image_key: "images",
      max_prompt_length: 1536, // 1300 up to the next multiple of 256
      max_response_length: 1024,
      rollout_batch_size: 128, // of 200 rows
      min_pixels: null,
      max_pixels: 1_000_000,
    },
    worker: {
      actor: { global_batch_size: 128, model: { model_path: SCORED.model } },
      rollout: { n: 8, temperature: 0.9, top_p: 0.95, top_k: -1 },
      reward: { reward_type: "batch" },
    },
  });
});

test("verl, TRL and ms-swift sample as the samples were scored", async () => {
  const verl = parse((await write("verl"))["config.yaml"] as string);
  expect(verl.data).toMatchObject({ max_prompt_length: 1536, max_response_length: 1024, train_batch_size: 128 });
  expect(verl.actor_rollout_ref.rollout).toMatchObject({ n: 8, temperature: 0.9, top_p: 0.95, top_k: -1 });
  const sampling = { num_generations: 8, temperature: 0.9, top_p: 0.95, max_completion_length: 1024, seed: 7 };
  const trl = await write("trl");
  for (const name of ["grpo.yaml", "rloo.yaml"]) {
    expect(parse(trl[name] as string)).toMatchObject({ ...sampling, top_k: 0, per_device_train_batch_size: 8 });
  }
  expect(parse((await write("ms-swift"))["config.yaml"] as string)).toMatchObject({
    ...sampling,
    top_k: -1,
    max_pixels: 1_000_000,
  });
});

test("what is not known is left to the trainer: no limit of pixels, 2,048 tokens of prompt", async () => {
  const { maxPixels: _, longestPrompt: __, ...unknown } = SCORED;
  const easyr1 = parse((await write("easyr1", unknown))["config.yaml"] as string);
  expect(easyr1.data).toMatchObject({ max_pixels: null, max_prompt_length: 2048 });
  expect(parse((await write("ms-swift", unknown))["config.yaml"] as string)).not.toHaveProperty("max_pixels");
});

test("a batch is never larger than the data, which trainers would drop whole", async () => {
  const { data, worker } = parse((await write("easyr1", { ...SCORED, rows: 5 }))["config.yaml"] as string);
  expect([data.rollout_batch_size, worker.actor.global_batch_size]).toEqual([4, 4]);
});

test("EasyR1's template is the question and the format prompt, as a literal where Jinja would read it", async () => {
  const template = async (formatPrompt: string): Promise<string | undefined> =>
    (await write("easyr1", { ...SCORED, formatPrompt }))["format-prompt.jinja"];
  expect(await template("Put it in \\boxed{}.")).toBe("{{ content.rstrip() }} Put it in \\boxed{}.");
  expect(await template("")).toBe("{{ content }}");
  expect(await template("Say {{ this }}\n")).toBe('{{ content.rstrip() }} {{ "Say {{ this }}\\n" }}');
});

test("what will differ from scoring is said", () => {
  const cautions = (trainer: string, scored: Partial<Scored>): readonly string[] =>
    RECIPES.find((one) => one.trainer === trainer)?.cautions({ ...SCORED, ...scored }) ?? [];
  expect(cautions("verl", {})).toEqual([expect.stringContaining("at most 1000000 pixels")]);
  expect(cautions("easyr1", { choices: true })).toEqual([expect.stringContaining("no options")]);
  expect(cautions("easyr1", {})).toEqual([]);
});
