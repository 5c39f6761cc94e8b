import type { LoggedResponse, LogLayout, LogRecord } from "./log-layout.ts";
import { known, readCount, readList, readPrompt, readRecord, readScore, readText } from "./read-field.ts";

/** datatrove's inference output: documents whose metadata hold `rollout_results`, each a text or a result object. */
export const datatrove: LogLayout = {
  name: "datatrove",
  recognises: ({ metadata }) => Array.isArray(readRecord(metadata).rollout_results),
  *read(record, context) {
    const metadata = readRecord(record.metadata);
    const shared = {
      ids: [readText(record.id)].filter((id) => id !== undefined),
      ...known({
        prompt: readPrompt(record.text),
        groundTruth: readText(metadata.answer ?? metadata.ground_truth ?? metadata.solution),
      }),
    };
    for (const result of readList(metadata.rollout_results)) {
      const own = typeof result === "object" && result !== null ? (result as LogRecord) : { text: result };
      const score = readScore(own, context, ["score", "reward"]);
      yield { ...shared, ...known({ score }), ...readResult(own) };
    }
  },
};

function readResult({ text, reasoning, finish_reason: finish, usage }: LogRecord): Partial<LoggedResponse> {
  const said = readText(text);
  if (said === undefined) return { trouble: "no text" };
  if (typeof finish === "string" && finish !== "stop" && finish !== "length")
    return { trouble: `finish_reason ${finish}` };
  const thought = readText(reasoning) ?? "";
  const counts = readRecord(usage);
  return {
    response: thought === "" ? said : `<think>${thought}</think>${said}`,
    tokens: known({
      promptTokens: readCount(counts.prompt_tokens),
      responseTokens: readCount(counts.completion_tokens),
      finish: finish as "stop" | "length" | undefined,
    }),
  };
}
