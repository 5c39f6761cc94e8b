import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { WinnowError } from "../errors.ts";
import { fingerprintFiles } from "./fingerprint-files.ts";
import { MODEL_FAMILIES } from "./model-families.ts";

/** The ONNX graphs of an image-text-to-text model, by the names transformers.js gives them. */
const GRAPHS = ["vision_encoder", "embed_tokens", "decoder_model_merged"] as const;
export type Graph = (typeof GRAPHS)[number];

/** Variants of a graph's file, best first: no suffix is fp32. */
const SUFFIXES = ["", "_fp16", "_q8", "_quantized", "_int8", "_uint8", "_q4", "_q4f16", "_bnb4"];

/** What the files of a model directory say, before any weight is loaded. Plain data. */
export interface ModelDirectory {
  readonly path: string;
  /** The folder's name. */
  readonly name: string;
  /** `model_type` of config.json, e.g. `llava`. */
  readonly family: string;
  /** Hash of every file that decides what the model answers. */
  readonly fingerprint: string;
  readonly imageTokenId: number;
  /** Any of these ends a response. */
  readonly endTokenIds: readonly number[];
  /** Tokens a prompt and its response may have together. */
  readonly contextLength: number;
  /** Query heads of a decoder layer; 32 when config.json does not say. */
  readonly attentionHeads: number;
  readonly graphs: Readonly<Record<Graph, string>>;
  /** `decoder_step`, our own addition to the format: decodes with the prompt's cache shared among its responses. */
  readonly stepGraph?: string;
  /** Size of the graphs with their external data. */
  readonly weightBytes: number;
}

const tokenId = z.number().int().min(0);
const textConfig = z.looseObject({
  max_position_embeddings: z.number().int().positive().optional(),
  num_attention_heads: z.number().int().positive().optional(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
});
const configSchema = z.looseObject({
  model_type: z.string(),
  image_token_id: tokenId.optional(),
  image_token_index: tokenId.optional(),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  max_position_embeddings: z.number().int().positive().optional(),
  text_config: textConfig.optional(),
});
const generationSchema = z.looseObject({ eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish() });

/**
 * Reads a transformers.js model directory. A missing or unreadable file is a
 * `WinnowError("input")` that names it; a family whose images are merged in another way than
 * placeholder by placeholder is a `WinnowError("model")`.
 */
export async function readModelDirectory(directory: string): Promise<ModelDirectory> {
  const path = resolve(directory);
  const files = await listFiles(path);
  const config = await readJson(path, "config.json", configSchema);
  requireFamily(path, config.model_type);
  for (const name of ["tokenizer.json", "preprocessor_config.json"]) requireFile(path, name, files);
  const generation = files.includes("generation_config.json")
    ? await readJson(path, "generation_config.json", generationSchema)
    : {};

  const imageTokenId = config.image_token_id ?? config.image_token_index;
  if (imageTokenId === undefined) throw missingKey(path, "image_token_id");
  const end = generation.eos_token_id ?? config.eos_token_id ?? config.text_config?.eos_token_id;
  if (end === undefined || end === null) throw missingKey(path, "eos_token_id");
  const contextLength = config.text_config?.max_position_embeddings ?? config.max_position_embeddings;
  if (contextLength === undefined) throw missingKey(path, "text_config.max_position_embeddings");

  const graphs = Object.fromEntries(GRAPHS.map((graph) => [graph, findGraph(path, graph, files)])) as Record<
    Graph,
    string
  >;
  const stepGraph = files.find((name) => name === "onnx/decoder_step.onnx");
  const used = [...Object.values(graphs), ...(stepGraph ? [stepGraph] : [])];
  const weights = files.filter((name) => used.some((graph) => name.startsWith(graph)));
  const described = files.filter((name) => /^[^/]+\.(json|jinja|model|txt)$/.test(name) && name !== "winnow.json");
  return {
    path,
    name: basename(path),
    family: config.model_type,
    fingerprint: await fingerprintFiles(path, [...described, ...weights].sort()),
    imageTokenId,
    endTokenIds: [end].flat(),
    contextLength,
    attentionHeads: config.text_config?.num_attention_heads ?? 32,
    graphs,
    ...(stepGraph === undefined ? {} : { stepGraph }),
    weightBytes: await sumSizes(path, weights),
  };
}

/** File names in the directory itself and in `onnx/`, relative to the directory. */
async function listFiles(path: string): Promise<string[]> {
  const own = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw new WinnowError("input", `${path}: expected a model directory, found none that can be read.`, { cause });
  });
  const graphs = await readdir(join(path, "onnx")).catch(() => []);
  return [...own.filter((entry) => entry.isFile()).map((entry) => entry.name), ...graphs.map((name) => `onnx/${name}`)];
}

async function readJson<T>(path: string, name: string, schema: z.ZodType<T>): Promise<T> {
  const file = join(path, name);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw absentFile(path, name, cause);
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const detail = issue === undefined ? (cause as Error).message : `\`${issue.path.join(".")}\`: ${issue.message}`;
    throw new WinnowError("input", `${file}: not the configuration of a model: ${detail}`, { cause });
  }
}

function requireFamily(path: string, family: string): void {
  if (Object.hasOwn(MODEL_FAMILIES, family)) return;
  throw new WinnowError(
    "model",
    `${path}: models of type \`${family}\` are not supported by the embedded backend, because their images are not ` +
      `merged placeholder by placeholder, or nobody has checked that they are. Supported: ${Object.keys(MODEL_FAMILIES).join(", ")}.`,
  );
}

function requireFile(path: string, name: string, files: readonly string[]): void {
  if (!files.includes(name)) throw absentFile(path, name);
}

function findGraph(path: string, graph: Graph, files: readonly string[]): string {
  const found = SUFFIXES.map((suffix) => `onnx/${graph}${suffix}.onnx`).find((name) => files.includes(name));
  if (found === undefined) throw absentFile(path, `onnx/${graph}.onnx`);
  return found;
}

async function sumSizes(path: string, names: readonly string[]): Promise<number> {
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function absentFile(path: string, name: string, cause?: unknown): WinnowError {
  return new WinnowError(
    "input",
    `${join(path, name)} is missing: a transformers.js image-text-to-text model has config.json, tokenizer.json, ` +
      `preprocessor_config.json and onnx/{${GRAPHS.join(",")}}.onnx.`,
    { cause },
  );
}

function missingKey(path: string, key: string): WinnowError {
  return new WinnowError("input", `${join(path, "config.json")}: expected the key \`${key}\`, found none.`);
}
