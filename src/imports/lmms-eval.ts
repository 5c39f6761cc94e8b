import type { LogLayout } from "./log-layout.ts";
import { known, readCount, readNumber, readPrompt, readScore, readText } from "./read-field.ts";

const NOT_METRICS = new Set(["doc_id", "input", "target", "resps", "filtered_resps", "doc", "arguments", "doc_hash"]);

/** lmms-eval's `…_samples_<task>.jsonl`; `resps` is left out there when it equals `filtered_resps`. */
export const lmmsEval: LogLayout = {
  name: "lmms-eval",
  recognises: (record) => "doc_id" in record && ("filtered_resps" in record || "resps" in record),
  *read(record, context) {
    const metrics = Object.keys(record).filter((name) => !NOT_METRICS.has(name) && !/hash/.test(name));
    const shared = known({
      index: readCount(record.doc_id),
      prompt: readPrompt(record.input),
      groundTruth: readText(record.target),
      score: readScore(
        record,
        context,
        metrics.filter((name) => isMetric(record[name])),
      ),
    });
    const responses = flatten(record.resps ?? record.filtered_resps);
    if (responses.length === 0) yield { ids: [], ...shared, trouble: "no response" };
    for (const response of responses) yield { ids: [], ...shared, response };
  },
};

function isMetric(value: unknown): boolean {
  return typeof value !== "string" && readNumber(value) !== undefined;
}

/** Responses stand in lists of lists: one list per request, one text per repeat. */
function flatten(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(flatten);
  const text = readText(value);
  return text === undefined ? [] : [text];
}
