import { z } from "zod";
import { WinnowError } from "../../errors.ts";
import { type Reply, type SendOptions, sendRequest } from "./send-request.ts";

/** A reply that is no answer. */
export type Unanswered = Exclude<Reply, { readonly type: "ok" }>;

/** A model that a server lists under `/v1/models`. */
export interface ServedModel {
  readonly id: string;
  /** Who serves it, by the server's own word: `vllm`, `sglang`, `llamacpp`, `winnow`, … */
  readonly engine?: string;
  /** Tokens a prompt and its response may have together. */
  readonly contextLength?: number;
}

const modelsSchema = z.looseObject({
  data: z.array(
    z.looseObject({
      id: z.string(),
      owned_by: z.string().optional(),
      max_model_len: z.number().int().positive().nullish(),
    }),
  ),
});

/** The models a server lists, or how asking for them failed. A key that is refused is a `WinnowError("model")`. */
export async function listModels(url: string, options: SendOptions): Promise<readonly ServedModel[] | Unanswered> {
  const reply = await sendRequest(`${url}/models`, undefined, options);
  if (reply.type === "forbidden") throw refusedKey(url, reply.reason);
  if (reply.type !== "ok") return reply;
  const parsed = modelsSchema.safeParse(readJson(reply.body));
  if (!parsed.success) return { type: "failed", reason: "/models did not list models" };
  return parsed.data.data.map(({ id, owned_by, max_model_len }) => ({
    id,
    ...(owned_by !== undefined && { engine: owned_by }),
    ...(max_model_len && { contextLength: max_model_len }),
  }));
}

/** A name that no server gives a model. */
const NOBODY = "winnow-asks-whether-names-matter";

/**
 * The model of this name that a server serves, without a name the only one, or how asking failed;
 * `listed` is what `listModels` gave. The list need not name it: a server without such a list is
 * believed, and one that answers to this name and refuses another has said enough. Throws
 * `WinnowError("model")`.
 */
export async function findModel(
  url: string,
  listed: readonly ServedModel[] | Unanswered,
  name: string | undefined,
  options: SendOptions,
): Promise<ServedModel | Unanswered> {
  if (name === undefined) return "type" in listed ? listed : pickModel(url, listed, undefined);
  if ("type" in listed) {
    if (listed.type === "refused") return { id: name };
    const broken = listed.type === "failed" && listed.reason.startsWith("status 5");
    return broken && (await answersOnlyTo(url, name, options)) ? { id: name } : listed;
  }
  if (listed.every((model) => model.id !== name) && (await answersOnlyTo(url, name, options))) return { id: name };
  return pickModel(url, listed, name);
}

/** Whether a server takes a prompt for this model and refuses one for a model that nobody has. */
async function answersOnlyTo(url: string, name: string, options: SendOptions): Promise<boolean> {
  const ask = (model: string): Promise<Reply> => {
    const body = { model, messages: [{ role: "user", content: "Hello" }], max_tokens: 1 };
    return sendRequest(`${url}/chat/completions`, body, options);
  };
  return (await ask(name)).type === "ok" && (await ask(NOBODY)).type === "refused";
}

/** The model of this name among those listed; without a name the only one. Throws `WinnowError("model")`. */
function pickModel(url: string, models: readonly ServedModel[], name: string | undefined): ServedModel {
  const listed = models.map((model) => model.id).join(", ") || "nothing";
  if (name === undefined) {
    if (models.length === 1) return models[0] as ServedModel;
    throw new WinnowError("model", `${url} serves ${listed}; say which is meant with --model.`);
  }
  const found = models.find((model) => model.id === name);
  if (found !== undefined) return found;
  throw new WinnowError(
    "model",
    `${url} serves ${listed}, not ${name}; every server has to serve the same model under the same name.`,
  );
}

/** The error of a server that wants another key. */
export function refusedKey(url: string, reason: string): WinnowError {
  return new WinnowError(
    "model",
    `${url} refuses the key (${reason}); set it in WINNOW_API_KEY, or name a file that holds it with --key-file.`,
  );
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
