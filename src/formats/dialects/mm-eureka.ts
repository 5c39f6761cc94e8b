import path from "node:path";
import { previewTurns, readChat } from "../chat-row.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import { Rejection } from "../rejection.ts";
import { listOf } from "../row.ts";
import { withoutPlaces } from "../without-places.ts";
import type { Dialect } from "./dialect.ts";

/** The white picture that MM-Eureka asks for in rows without one. */
const BLANK = "blank.png";

/** MM-Eureka for InternVL: `conversations` of role and content, `image_urls` as `file://…`, `answer`. */
export const mmEureka: Dialect = {
  name: "mm-eureka",
  candidates: { ...COMMON_NAMES, question: ["conversations"], images: ["image_urls"] },
  fits: (preview) =>
    preview.columns.includes("image_urls") && previewTurns(preview, "conversations", "role").length > 0,
  read(row, fields) {
    const values = readChat(row, fields);
    const images = listOf(values.images);
    if (images.length > 0 && images.every((image) => typeof image === "string" && path.basename(image) === BLANK)) {
      throw new Rejection("no-image", `expected an image; found ${BLANK}, which stands for none`);
    }
    return values;
  },
  export: {
    container: "jsonl",
    prompted: true,
    row: ({ id, rowId, groundTruth }, { paths, prompt, folder }) => ({
      id: rowId ?? id,
      conversations: [{ role: "user", content: withoutPlaces(prompt) }],
      answer: groundTruth,
      image_urls: paths.map((one) => `file://${folder}/${one}`),
    }),
  },
};
