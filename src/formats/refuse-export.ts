import type { Sample } from "../records.ts";
import type { DialectExport } from "./dialects/dialect.ts";
import { Rejection } from "./rejection.ts";

/** Why a sample cannot be a row of a dialect; `undefined` when it can. */
export function refuseExport(sample: Sample, rules: DialectExport): Rejection | undefined {
  const { maxImages, reserved = [], answersInTurn = false } = rules;
  const { images, question, groundTruth } = sample;
  if (maxImages !== undefined && images.length > maxImages) {
    return new Rejection(
      "too-many-images",
      `expected at most ${maxImages} image${maxImages === 1 ? "" : "s"} in a row; found ${images.length}`,
    );
  }
  const inQuestion = reserved.find((text) => question.includes(text));
  if (inQuestion !== undefined) return takenForMedium(inQuestion, "question");
  const inAnswer = answersInTurn ? ["<image>", ...reserved].find((text) => groundTruth.includes(text)) : undefined;
  return inAnswer === undefined ? undefined : takenForMedium(inAnswer, "answer");
}

function takenForMedium(text: string, field: string): Rejection {
  return new Rejection(
    "reserved-text",
    `expected ${field === "question" ? "a question" : "an answer"} without \`${text}\`; the trainer would look for another ${text.slice(1, -1)}`,
  );
}
