import type { Recipe, Scored, Settings } from "./recipe.ts";

/** TRL, with a script that reads the YAML and scales images as they were scaled. */
export const trl: Recipe = {
  trainer: "trl",
  settings: (scored) => ({ "grpo.yaml": settings(scored), "rloo.yaml": settings(scored) }),
  cautions: () => [],
};

function settings({ model, rollouts, temperature, topP, topK, maxTokens, seed }: Scored): Settings {
  return {
    model,
    num_generations: rollouts,
    per_device_train_batch_size: rollouts,
    temperature,
    top_p: topP,
    top_k: topK,
    max_completion_length: maxTokens,
    seed,
  };
}
