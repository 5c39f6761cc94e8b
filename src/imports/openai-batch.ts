import { readAnswer, UnusableCompletion } from "../backends/openai/read-completion.ts";
import type { LoggedResponse, LogLayout, LogRecord } from "./log-layout.ts";
import { known, readText } from "./read-field.ts";
import { parseRequestId } from "./request-id.ts";

/** Output of OpenAI's Batch API and of `vllm run-batch`: one line per request, named by its `custom_id`. */
export const openaiBatch: LogLayout = {
  name: "openai-batch",
  recognises: (record) => "custom_id" in record && ("response" in record || "error" in record),
  *read(record) {
    const id = readText(record.custom_id) ?? "";
    const request = parseRequestId(id);
    const base = request === undefined ? { ids: [id] } : { ids: [], arm: request.arm };
    const keyAt = (place: number): Pick<LoggedResponse, "request"> =>
      request === undefined
        ? {}
        : { request: { settings: request.settings, sampleId: request.sampleId, index: request.first + place } };
    const trouble = findTrouble(record);
    if (trouble !== undefined) {
      yield { ...base, ...keyAt(0), trouble };
      return;
    }
    const body = (record.response as LogRecord).body as LogRecord;
    const counted = typeof body?.usage === "object" && body.usage !== null;
    try {
      const answer = readAnswer(counted ? body : { ...body, usage: { prompt_tokens: 0 } });
      for (const choice of answer.choices) {
        if (request !== undefined && choice.place >= request.count) continue;
        const { tokenIds, finish } = choice;
        const { promptTokens, imageTokens } = answer;
        const many = answer.completionTokens !== undefined || tokenIds !== undefined;
        const counts = counted ? { promptTokens, imageTokens } : {};
        const responseTokens = many ? choice.responseTokens : undefined;
        const tokens = known({ tokenIds, finish, ...counts, responseTokens });
        yield { ...base, ...keyAt(choice.place), response: choice.text, tokens };
      }
      if (answer.trouble !== undefined) yield { ...base, ...keyAt(0), trouble: answer.trouble };
    } catch (error) {
      if (!(error instanceof UnusableCompletion)) throw error;
      yield { ...base, ...keyAt(0), trouble: error.message };
    }
  },
};

function findTrouble({ error, response }: LogRecord): string | undefined {
  if (error !== null && error !== undefined) return `error: ${describe(error)}`;
  const status = (response as LogRecord | null | undefined)?.status_code;
  if (status === undefined || status === 200) return response ? undefined : "no response";
  return `status ${readText(status) ?? "unknown"}`;
}

function describe(error: unknown): string {
  const { message, code } = error as { readonly message?: unknown; readonly code?: unknown };
  return (readText(message) ?? readText(code) ?? readText(error) ?? "unknown").slice(0, 200);
}
