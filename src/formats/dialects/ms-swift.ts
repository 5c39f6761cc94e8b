import { hasImages, previewTurns, readChat } from "../chat-row.ts";
import { answersAfter, COMMON_NAMES, present } from "../detect-fields.ts";
import { type Dialect, OTHER_MEDIA } from "./dialect.ts";

const ANSWERS = answersAfter("solution");

/** ms-swift: `messages` with `<image>` in their text, `images` or `image`, the ground truth in a column, `solution` by custom. */
export const msSwift: Dialect = {
  name: "ms-swift",
  candidates: { ...COMMON_NAMES, question: ["messages"], answer: ANSWERS, images: ["images", "image", "messages"] },
  imagesInQuestion: true,
  also: ["system"],
  fits(preview) {
    const messages = previewTurns(preview, "messages", "role");
    return (
      messages.length > 0 &&
      hasImages(preview, messages) &&
      (preview.named.answer !== undefined || present(ANSWERS, preview).length > 0)
    );
  },
  read: (row, fields) => readChat(row, fields),
  export: {
    container: "jsonl",
    prompted: true,
    reserved: OTHER_MEDIA,
    row: ({ groundTruth }, { paths, prompt }) => ({
      messages: [{ role: "user", content: prompt }],
      images: paths,
      solution: groundTruth,
    }),
  },
};
