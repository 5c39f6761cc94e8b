import { hasImages, hasLiteralPlaces, previewTurns, readChat } from "../chat-row.ts";
import { answersAfter, COMMON_NAMES } from "../detect-fields.ts";
import type { Dialect } from "./dialect.ts";

/** TRL: `prompt` as messages without `<image>`, `image` or `images`, the ground truth in any column, `solution` by custom. */
export const trl: Dialect = {
  name: "trl",
  candidates: {
    ...COMMON_NAMES,
    question: ["prompt"],
    answer: answersAfter("solution"),
    images: ["images", "image", "prompt"],
  },
  imagesInQuestion: true,
  also: ["reward_model"],
  fits(preview) {
    const prompts = previewTurns(preview, "prompt", "role");
    return (
      prompts.length > 0 &&
      !hasLiteralPlaces(preview, "prompt") &&
      !preview.columns.includes("reward_model") &&
      hasImages(preview, prompts)
    );
  },
  read: (row, fields) => readChat(row, fields),
  export: {
    container: "parquet",
    prompted: true,
    columns: {
      prompt: [{ role: "text", content: [{ type: "text", text: "text" }] }],
      images: ["image"],
      solution: "text",
    },
    row: ({ images, groundTruth }, { paths, prompt }) => ({
      // Parts keep each image where it was when the sample was scored; TRL puts those of a text in front.
      prompt: [{ role: "user", content: toParts(prompt) }],
      images: images.map(({ bytes }, at) => ({ bytes, path: paths[at] ?? null })),
      solution: groundTruth,
    }),
  },
};

function toParts(prompt: string): readonly object[] {
  return prompt
    .split("<image>")
    .flatMap((text, index) => [
      ...(index === 0 ? [] : [{ type: "image" }]),
      ...(text === "" ? [] : [{ type: "text", text }]),
    ]);
}
