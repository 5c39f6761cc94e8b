import { COMMON_NAMES } from "../detect-fields.ts";
import { readColumns } from "../plain-row.ts";
import type { Row } from "../row.ts";
import type { Dialect } from "./dialect.ts";

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
/** Characters of an image's base64 at least; fewer are another row's index. */
const MIN_IMAGE = 65;

/**
 * VLMEvalKit's benchmarks: `index`, `image` as base64 or another row's index, or `image_path`;
 * options in columns `A` … `Z`, which its prompt lists after `hint` and `question`
 * (`vlmeval/dataset/image_mcq.py`, `build_prompt`).
 */
export const vlmevalkit: Dialect = {
  name: "vlmevalkit",
  candidates: {
    ...COMMON_NAMES,
    question: ["question"],
    answer: ["answer"],
    images: ["image", "image_path"],
    id: ["index"],
  },
  also: ["hint", ...LETTERS.map((letter) => letter.toLowerCase())],
  imagesByReference: true,
  fits({ columns, rows }) {
    const has = (name: string) => columns.includes(name);
    if (!(["index", "question", "answer"].every(has) && ["image", "image_path"].some(has))) return false;
    if (["A", "B"].every(has)) return true;
    const images = rows.map((row) => row.get("image") ?? null).filter((image) => image !== null);
    const isWhole = (image: unknown) => typeof image === "string" && image.length >= MIN_IMAGE;
    const isIndex = (image: unknown) => typeof image === "string" && !/[./]/.test(image);
    return images.some(isWhole) && images.every((image) => isWhole(image) || isIndex(image));
  },
  read(row, fields) {
    const values = readColumns(row, fields);
    if (!LETTERS.some((letter) => row.has(letter))) return values;
    const options = LETTERS.flatMap((letter) =>
      (row.get(letter) ?? null) === null ? [] : [[letter, row.get(letter)]],
    );
    const isWhole = options.every(([letter], index) => letter === LETTERS[index]);
    return {
      ...values,
      question: buildPrompt(
        row,
        values.question,
        options.map(([letter, text]) => `${letter}. ${text}\n`),
      ),
      ...(isWhole && { choices: options.map(([, text]) => text) }),
    };
  },
};

function buildPrompt(row: Row, question: unknown, options: readonly string[]): unknown {
  if (typeof question !== "string" || question.trim() === "") return question;
  const hint = row.get("hint") ?? null;
  return [
    ...(hint === null ? [] : [`Hint: ${hint}\n`]),
    `Question: ${question}\n`,
    ...(options.length === 0 ? [] : ["Options:\n", ...options]),
    ...(options.length === 0 ? [] : ["Please select the correct answer from the options above. \n"]),
  ].join("");
}
