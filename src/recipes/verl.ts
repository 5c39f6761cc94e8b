import { batchSize, promptLimit, type Recipe, vllmTopK } from "./recipe.ts";

/** verl, whose rows ask as the model was asked. */
export const verl: Recipe = {
  trainer: "verl",
  settings: (scored) => ({
    "config.yaml": {
      data: {
        max_prompt_length: promptLimit(scored),
        max_response_length: scored.maxTokens,
        train_batch_size: batchSize(scored, 512),
        seed: scored.seed,
      },
      actor_rollout_ref: {
        model: { path: scored.model },
        actor: { ppo_mini_batch_size: batchSize(scored, 128) },
        rollout: {
          n: scored.rollouts,
          temperature: scored.temperature,
          top_p: scored.topP,
          top_k: vllmTopK(scored),
        },
      },
    },
  }),
  cautions: ({ maxPixels }) =>
    maxPixels === undefined
      ? []
      : [`verl shows images in full; they were scored with at most ${maxPixels} pixels: limit them in the processor.`],
};
