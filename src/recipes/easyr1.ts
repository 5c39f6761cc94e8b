import { batchSize, promptLimit, type Recipe, type Scored, vllmTopK } from "./recipe.ts";

/** EasyR1, whose format prompt is a Jinja template around the question. */
export const easyr1: Recipe = {
  trainer: "easyr1",
  settings: (scored) => ({
    "config.yaml": {
      data: {
        max_prompt_length: promptLimit(scored),
        max_response_length: scored.maxTokens,
        rollout_batch_size: batchSize(scored, 512),
        seed: scored.seed,
        max_pixels: scored.maxPixels ?? null,
      },
      worker: {
        actor: { global_batch_size: batchSize(scored, 128), model: { model_path: scored.model } },
        rollout: {
          n: scored.rollouts,
          temperature: scored.temperature,
          top_p: scored.topP,
          top_k: vllmTopK(scored),
        },
      },
    },
  }),
  files: (scored) => ({ "format-prompt.jinja": renderTemplate(scored) }),
  cautions: ({ choices }) =>
    choices
      ? [
          "EasyR1 hands its reward no options, so an answer that is an option's text instead of its letter gets nothing.",
        ]
      : [],
};

/** The question, then the format prompt, as a literal where Jinja would read markup in it or trim it. */
function renderTemplate({ formatPrompt }: Scored): string {
  if (formatPrompt === "") return "{{ content }}";
  const plain = !/\{[{%#]/.test(formatPrompt) && formatPrompt === formatPrompt.trim();
  return `{{ content.rstrip() }} ${plain ? formatPrompt : `{{ ${JSON.stringify(formatPrompt)} }}`}`;
}
