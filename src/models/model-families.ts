/**
 * How a family's processor is called. `expand`: we repeat the image token ourselves, once per
 * feature (transformers.js's LLaVA processor expands only the first placeholder of a prompt).
 * `processor`: its processor expands every placeholder, given text and images.
 */
export type ImageExpansion = "expand" | "processor";

/**
 * The families whose image features take the places of their placeholder tokens one by one
 * (`default_merge_input_ids_with_image_features` in transformers.js) and whose decoder needs
 * nothing but a one-dimensional position. Families with two-dimensional positions (Qwen2-VL and
 * later, GLM-OCR), with extra state (LFM2-VL, Gemma 3n) or with an encoder-decoder (Florence-2)
 * are not among them.
 */
export const MODEL_FAMILIES: Readonly<Record<string, ImageExpansion>> = {
  llava: "expand",
  llava_qwen2: "expand",
  idefics3: "processor",
  smolvlm: "processor",
  gemma3: "processor",
};
