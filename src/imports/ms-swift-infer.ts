import type { LogLayout } from "./log-layout.ts";
import { known, readContent, readList, readPrompt, readRecord, readScore, readText } from "./read-field.ts";

/** `swift infer` and `swift sample` results: a conversation a line, whose last assistant turn is the response. */
export const msSwiftInfer: LogLayout = {
  name: "ms-swift-infer",
  recognises: ({ messages, response }) =>
    Array.isArray(messages) && (typeof response === "string" || roleOf(messages.at(-1)) === "assistant"),
  *read(record, context) {
    const messages = readList(record.messages);
    const last = messages.at(-1);
    const answered = roleOf(last) === "assistant";
    yield {
      ids: [readText(record.id)].filter((id) => id !== undefined),
      ...known({
        prompt: readPrompt(answered ? messages.slice(0, -1) : messages),
        groundTruth: readText(record.labels ?? record.solution),
        response: readText(record.response) ?? (answered ? readContent(readRecord(last).content) : undefined),
        score: readScore(record, context, ["score", "reward"]),
      }),
    };
  },
};

function roleOf(message: unknown): unknown {
  return readRecord(message).role;
}
