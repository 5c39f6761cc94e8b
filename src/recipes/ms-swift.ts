import { promptLimit, type Recipe, vllmTopK } from "./recipe.ts";

/** ms-swift, whose RLOO is its GRPO with another advantage. */
export const msSwift: Recipe = {
  trainer: "ms-swift",
  settings: (scored) => ({
    "config.yaml": {
      model: scored.model,
      max_length: promptLimit(scored),
      max_completion_length: scored.maxTokens,
      num_generations: scored.rollouts,
      per_device_train_batch_size: scored.rollouts,
      temperature: scored.temperature,
      top_p: scored.topP,
      top_k: vllmTopK(scored),
      seed: scored.seed,
      // Its command line would read a null as the text None.
      max_pixels: scored.maxPixels,
    },
  }),
  cautions: () => [],
};
