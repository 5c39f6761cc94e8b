import { z } from "zod";

/** One response of a completion, by its place among those asked for. */
export interface Choice {
  readonly place: number;
  readonly text: string;
  readonly finish: "stop" | "length";
  readonly tokenIds?: readonly number[];
  /** As the server counts them; shared out by length of text when it counts only their sum. */
  readonly responseTokens: number;
}

/** What a body of status 200 holds: finished responses, and why there are not more of them. */
export interface Completion {
  readonly choices: readonly Choice[];
  readonly promptTokens: number;
  /** Of all choices together; absent when the server does not count. */
  readonly completionTokens?: number;
  /** As the server counts them; absent when it does not. */
  readonly imageTokens?: number;
  /** Why a response is missing or no response, such as an abort; absent when every choice is one. */
  readonly trouble?: string;
}

/** A body that is no completion: cut off, malformed, empty, or without what is needed from it. */
export class UnusableCompletion extends Error {
  override readonly name = "UnusableCompletion";
}

const count = z.number().int().min(0);
const choiceSchema = z.looseObject({
  index: count.optional(),
  finish_reason: z.string().nullish(),
  message: z.looseObject({
    content: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
  }),
  token_ids: z.array(count).nullish(),
});
const completionSchema = z.looseObject({
  choices: z.array(z.unknown()).min(1),
  usage: z.looseObject({
    prompt_tokens: count,
    completion_tokens: count.optional(),
    prompt_tokens_details: z.looseObject({ image_tokens: count.nullish() }).nullish(),
  }),
});

/**
 * Reads the body of a chat completion. A choice that ended in anything but `stop` or `length`
 * (an abort, an error, nothing) is no response and left out, with its `trouble` said. Throws
 * `UnusableCompletion` when nothing can be read.
 */
export function readCompletion(body: string): Completion {
  return readAnswer(parseJson(body));
}

/** The same of a body that was parsed already, from a log. */
export function readAnswer(body: unknown): Completion {
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw new UnusableCompletion(`status 200 without \`${issue.path.join(".") || "choices"}\`: ${issue.message}`);
  }
  const { choices: raw, usage } = parsed.data;
  let trouble: string | undefined;
  const finished = raw.flatMap((one, at) => {
    const choice = choiceSchema.safeParse(one);
    const finish = choice.success ? toFinish(choice.data.finish_reason) : undefined;
    if (!choice.success || finish === undefined) {
      const reason = choice.success
        ? `finish_reason ${JSON.stringify(choice.data.finish_reason ?? null)}`
        : "no message";
      trouble = `a choice with ${reason}`;
      return [];
    }
    const { index = at, message, token_ids: ids } = choice.data;
    return [{ place: index, text: joinReasoning(message), finish, ...(ids && ids.length > 0 && { tokenIds: ids }) }];
  });
  const imageTokens = usage.prompt_tokens_details?.image_tokens;
  const places = new Set(finished.map((choice) => choice.place));
  const counts = shareTokens(finished, usage.completion_tokens);
  return {
    choices: finished.map((choice, at) => ({
      ...choice,
      // Some servers number every choice 0.
      place: places.size === finished.length ? choice.place : at,
      responseTokens: counts[at] as number,
    })),
    promptTokens: usage.prompt_tokens,
    ...(usage.completion_tokens !== undefined && { completionTokens: usage.completion_tokens }),
    ...(imageTokens !== null && imageTokens !== undefined && { imageTokens }),
    ...(trouble !== undefined && { trouble }),
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new UnusableCompletion(`status 200 with a body that is not JSON (${body.length} characters)`, { cause });
  }
}

function toFinish(reason: string | null | undefined): Choice["finish"] | undefined {
  if (reason === "length") return "length";
  return reason === "stop" || reason === "tool_calls" || reason === "function_call" ? "stop" : undefined;
}

/** Reasoning that a server took out of the response is put back where the model wrote it. */
function joinReasoning(message: z.output<typeof choiceSchema>["message"]): string {
  const content = message.content ?? "";
  const reasoning = message.reasoning_content ?? message.reasoning ?? "";
  return reasoning === "" ? content : `<think>${reasoning}</think>${content}`;
}

function shareTokens(
  choices: readonly { readonly text: string; readonly tokenIds?: readonly number[] }[],
  total: number | undefined,
): number[] {
  if (total === undefined || choices.every((choice) => choice.tokenIds !== undefined)) {
    return choices.map((choice) => choice.tokenIds?.length ?? 0);
  }
  const characters = choices.reduce((sum, choice) => sum + choice.text.length, 0);
  return choices.map((choice) =>
    Math.round(characters === 0 ? total / choices.length : (total * choice.text.length) / characters),
  );
}
