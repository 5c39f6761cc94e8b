import { z } from "zod";
import type { Sampling } from "../backends/backend.ts";
import type { Turn } from "../backends/index.ts";
import { WinnowError } from "../errors.ts";
import type { PromptPart } from "../records.ts";

/** The user turn that is to be answered, and the messages before it. */
export interface Conversation {
  readonly parts: readonly PromptPart[];
  readonly before: readonly Turn[];
}

/** What a chat completion asks for, in our own terms. */
export interface ChatRequest extends Conversation {
  readonly sampling: Sampling;
  /** Responses wanted, ≥ 1. */
  readonly count: number;
  /** Seed of the first response; the next one's is one more. */
  readonly seed: number;
  /** A response ends before the first of these texts. */
  readonly stop: readonly string[];
  readonly tokenIds: boolean;
  /** Log probabilities of the response's tokens and of this many best ones at each; absent: none. */
  readonly logprobs?: number;
  /** Sent piece by piece; `usage`: with the counts at the end. */
  readonly stream?: { readonly usage: boolean };
}

const limit = z.number().int().min(1).nullish();
const contentSchema = z.union([
  z.string(),
  z.array(
    z.union([
      z.looseObject({ type: z.literal("text"), text: z.string() }),
      z.looseObject({ type: z.literal("image_url"), image_url: z.looseObject({ url: z.string() }) }),
    ]),
  ),
]);
type Content = z.output<typeof contentSchema>;
const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })).min(1),
  n: z.number().int().min(1).max(256).nullish(),
  seed: z.number().int().nullish(),
  temperature: z.number().min(0).max(10).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.number().int().min(-1).nullish(),
  max_completion_tokens: limit,
  max_tokens: limit,
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  return_token_ids: z.boolean().nullish(),
});

/** Parameters that are taken with the value that changes nothing, and refused with any other. */
const NEUTRAL: Readonly<Record<string, number>> = {
  min_p: 0,
  presence_penalty: 0,
  frequency_penalty: 0,
  repetition_penalty: 1,
};

/** What the roles of messages are to a chat template. */
const ROLES: Readonly<Record<string, Turn["role"]>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
};

/**
 * Reads the body of a chat completion: messages of texts and, from the user, images as data URIs. What
 * the embedded model cannot do (tools, penalties) is a `WinnowError("usage")` that names it; `seed`
 * stands in where the request has none.
 */
export function readChatRequest(body: unknown, seed: () => number): ChatRequest {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw refuse(`\`${issue.path.join(".") || "body"}\`: ${issue.message}`);
  }
  const request = parsed.data;
  if (request.top_logprobs && request.logprobs !== true) throw refuse("`top_logprobs` needs `logprobs`: true");
  for (const [name, neutral] of Object.entries(NEUTRAL)) {
    const value = request[name];
    if (value !== undefined && value !== null && value !== neutral) throw refuse(`\`${name}\` has to be ${neutral}`);
  }
  const turns = request.messages.map(readTurn);
  const last = turns.at(-1) as Turn;
  if (last.role !== "user") throw refuse(`the last of \`messages\` has to be the user's, found ${last.role}`);
  return {
    parts: last.parts,
    before: turns.slice(0, -1),
    sampling: {
      temperature: request.temperature ?? 1,
      topP: request.top_p ?? 1,
      topK: Math.max(0, request.top_k ?? 0),
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? 2048,
      seed: 0,
    },
    count: request.n ?? 1,
    seed: request.seed ?? seed(),
    stop: [request.stop ?? []].flat().filter((text) => text !== ""),
    tokenIds: request.return_token_ids === true,
    ...(request.logprobs === true && { logprobs: request.top_logprobs ?? 0 }),
    ...(request.stream === true && { stream: { usage: request.stream_options?.include_usage === true } }),
  };
}

function readTurn({ role: name, content }: { readonly role: string; readonly content: Content }, at: number): Turn {
  const role = Object.hasOwn(ROLES, name) ? (ROLES[name] as Turn["role"]) : undefined;
  if (role === undefined) throw refuse(`\`messages.${at}.role\` has to be ${Object.keys(ROLES).join(", ")}`);
  const parts: PromptPart[] = typeof content === "string" ? [{ type: "text", text: content }] : content.map(readPart);
  if (role !== "user" && parts.some((part) => part.type === "image")) {
    throw refuse(`\`messages.${at}\`: an image has to be in a message of the user`);
  }
  return { role, parts };
}

function readPart(
  part:
    | { readonly type: "text"; readonly text: string }
    | { readonly type: "image_url"; readonly image_url: { url: string } },
): PromptPart {
  if (part.type === "text") return { type: "text", text: part.text };
  const found = /^data:[^;,]*;base64,([A-Za-z0-9+/]*={0,2})$/.exec(part.image_url.url);
  if (found === null) throw refuse("`image_url.url` has to be a data URI in base64");
  return { type: "image", bytes: Buffer.from(found[1] as string, "base64") };
}

function refuse(reason: string): WinnowError {
  return new WinnowError("usage", reason);
}
