import { pathToFileURL } from "node:url";
import { hashText } from "../../lib/hash-text.ts";
import { DataUri } from "../../lib/render-json.ts";
import type { Prompt, PromptPart } from "../../records.ts";
import type { RolloutRequest, Sampling } from "../backend.ts";
import { type Dialect, NEUTRAL } from "./dialect.ts";

/** Rollouts of one prompt with consecutive indices: one request. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** The body of a chat completion, for `renderJson`. */
export type ChatBody = Readonly<Record<string, unknown>>;

/** The indices as runs of consecutive ones, each at most `longest` long, in ascending order. */
export function splitRuns(indices: readonly number[], longest: number): Run[] {
  const runs: { first: number; count: number }[] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.first + last.count === index && last.count < longest) last.count += 1;
    else runs.push({ first: index, count: 1 });
  }
  return runs;
}

/**
 * The seed of a rollout, in [0, 2³¹): servers give child i of {n, seed: s} the seed s + i, so a
 * request for several indices and requests for each of them sample the same responses.
 */
export function seedOf(seed: number, { sampleId, arm }: Pick<Prompt, "sampleId" | "arm">, index: number): number {
  const base = Number.parseInt(hashText(`${seed}/${sampleId}/${arm}`, 8), 16) % (2 ** 31 - 2 ** 16);
  return base + index;
}

/**
 * A prompt as the content of one user turn: texts and images in their order, image bytes as they
 * are, or with `local` the address of the file they are in.
 */
function toContent(prompt: Prompt, local: boolean): readonly unknown[] {
  return prompt.parts.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text }
      : { type: "image_url", image_url: { url: addressOf(part, local) } },
  );
}

function addressOf({ bytes, path }: Extract<PromptPart, { type: "image" }>, local: boolean): DataUri | string {
  return local && path !== undefined ? pathToFileURL(path).href : new DataUri(mediaTypeOf(bytes), bytes);
}

/**
 * The request for one run of a prompt's rollouts. Every sampling parameter is named, since a
 * server's defaults may come from the model's own generation_config, but for those it does not
 * know; `extra` stands on top, and a `null` in it takes a field out.
 */
export function newChatBody(
  request: Pick<RolloutRequest, "prompt">,
  run: Run,
  options: {
    readonly model: string;
    readonly sampling: Sampling;
    readonly dialect: Dialect;
    readonly extra: Readonly<Record<string, unknown>>;
    /** Images that are files are named by their `file://` addresses. */
    readonly localImages?: boolean | undefined;
  },
): ChatBody {
  const { model, sampling, dialect, extra } = options;
  const neutral = Object.fromEntries(Object.entries(NEUTRAL).filter(([field]) => !dialect.unknown.has(field)));
  const body = {
    model,
    messages: [{ role: "user", content: toContent(request.prompt, options.localImages === true) }],
    n: run.count,
    seed: seedOf(sampling.seed, request.prompt, run.first),
    temperature: sampling.temperature,
    top_p: sampling.topP,
    ...neutral,
    ...(sampling.topK > 0 && { top_k: sampling.topK }),
    [dialect.limit]: sampling.maxTokens,
    stream: false,
    ...(dialect.tokenIds && { return_token_ids: true }),
    ...extra,
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** The media type that the first bytes of an image tell. */
function mediaTypeOf(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("\xff\xd8")) return "image/jpeg";
  if (head.startsWith("GIF8")) return "image/gif";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return "image/webp";
  if (head.startsWith("BM")) return "image/bmp";
  return head.startsWith("II*") || head.startsWith("MM\0") ? "image/tiff" : "application/octet-stream";
}
