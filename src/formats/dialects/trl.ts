import { hasImages, hasLiteralPlaces, previewTurns, readChat } from "../chat-row.ts";
import { answersAfter, COMMON_NAMES } from "../detect-fields.ts";
import { withoutPlaces } from "../without-places.ts";
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
    images: "bytes",
    row: ({ question, images, groundTruth }, { paths }) => ({
      prompt: [{ role: "user", content: withoutPlaces(question) }],
      images: images.map(({ bytes }, at) => ({ bytes, path: paths[at] ?? null })),
      solution: groundTruth,
    }),
  },
};
