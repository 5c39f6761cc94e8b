import { z } from "zod";
import { WinnowError } from "./errors.ts";
import { selection, share, splitList } from "./selection-config.ts";

export {
  type MethodName,
  PSI_PRESETS,
  type PsiOptions,
  psiOptionSets,
  resolveSelection,
  type SelectionInput,
  type SelectionOptions,
} from "./selection-config.ts";

/**
 * The configuration of a run on one page: every option, its range and its default. YAML, JSON
 * and flags all end here. Unknown keys are refused, with the offending key named.
 */

const baseUrl = z
  .url({ protocol: /^https?$/, error: "expected an address such as http://host:8000/v1" })
  .refine((text) => {
    const { username, password, search, hash } = new URL(text);
    return username + password + search + hash === "";
  }, "expected an address without a key in it; keys go to WINNOW_API_KEY or a key file");

const configSchema = z.strictObject({
  /** Dataset: a file, a folder, a glob, or hf://datasets/owner/name@revision/path. */
  dataset: z.string().min(1),
  /** Which rows of a dataset on the Hugging Face hub (docs/formats/hub.md); asked for where there are several. */
  hf: z
    .strictObject({ config: z.string().min(1), split: z.string().min(1) })
    .partial()
    .default({}),
  format: z.string().optional(),
  /** How a trainer or benchmark lays out its rows (docs/formats/); detected. */
  dialect: z.string().optional(),
  /** The folder that image paths are relative to and must not leave; each data file's own when absent. */
  imageFolder: z.string().min(1).optional(),
  /** Columns, parts of one (`reward_model.ground_truth`), or texts of several (`images/{id}.png`); detected. */
  fields: z
    .strictObject({
      question: z.string(),
      answer: z.string(),
      images: z.string(),
      id: z.string(),
      choices: z.string(),
    })
    .partial()
    .default({}),
  /** Model directory of the embedded backend, the nano model when absent; or the name servers give the model. */
  model: z.string().optional(),
  /** Where responses come from; `openai` when servers are named, else the embedded model; `imported`: logs alone. */
  backend: z.enum(["onnx", "openai", "imported"]).optional(),
  /** OpenAI-compatible servers (docs/backends/openai.md). */
  openai: z
    .strictObject({
      /** Base addresses up to and including `/v1`: a list, or one text with commas. */
      baseUrls: z.preprocess(splitList, z.array(baseUrl).min(1)),
      /** File that holds the key; `WINNOW_API_KEY` when absent. */
      keyFile: z.string().min(1),
      /** Seconds one request may take. */
      timeout: z.number().positive(),
      /** Requests in flight per server at most. */
      concurrency: z.number().int().min(1),
      /** Seconds without any success after which the run stops. */
      patience: z.number().positive(),
      /** Pixels of an image at most; larger ones are scaled down before they are sent. */
      maxPixels: z.number().int().min(1),
      /** The servers may read the dataset's files, under the same paths: images are named, not sent. */
      localImages: z.boolean(),
      /** Fields on top of every request's body, or their JSON; `null` takes one out. */
      extraBody: z.preprocess(readJson, z.record(z.string(), z.unknown())),
    })
    .partial()
    .default({}),
  /** Run directory. */
  out: z.string().optional(),
  prompt: z
    .strictObject({
      /** `think-boxed` (the paper's), `none`, or a text of your own that follows the question. */
      format: z.string().optional(),
      /** What the text arm gets in place of the image. */
      counterfactual: z.enum(["drop", "blank", "noise", "mismatch"]).default("drop"),
    })
    .prefault({}),
  sampling: z
    .strictObject({
      /** M, rollouts per arm. */
      rollouts: z.number().int().min(1).max(256).default(5),
      temperature: z.number().min(0).max(10).default(1),
      topP: z.number().gt(0).max(1).default(1),
      topK: z.number().int().min(0).default(0),
      /** Response tokens at most; what the model's `winnow.json` says when absent, else 2,048. */
      maxTokens: z.number().int().min(1).optional(),
      seed: z.number().int().min(0).default(0),
    })
    .prefault({}),
  selection: selection.prefault({}),
  /** How responses are graded: by rules, unless told otherwise. */
  grading: z
    .strictObject({
      /** Switches where conventions differ, such as `decimalPlaces=4,unitOptional=false` (docs/grading.md). */
      policy: z.string(),
      /** A reward of your own instead of the rules: an `http(s)` address, or the path of a module. */
      reward: z.string().min(1),
      /** OpenAI-compatible server, up to `/v1`, that judges ground truths no rule can grade; off when absent. */
      judge: z.string().min(1),
      judgeModel: z.string().min(1),
      /** Imported rollouts are right iff their logged score says so, such as `reward >= 1` (docs/imports/index.md). */
      correctIff: z.string().min(1),
    })
    .partial()
    .default({}),
  protocol: z.enum(["lazy", "full"]).default("lazy"),
  /** Where attention comes from: the embedded model, workers, files, or nowhere (ACE does not run). */
  attention: z.enum(["onnx", "worker", "files", "none"]).default("onnx"),
  /** Addresses of the attention workers; as a text, separated by commas. */
  attentionUrls: z
    .union([
      z
        .string()
        .min(1)
        .transform((text) => text.split(",").map((url) => url.trim())),
      z.array(z.string().min(1)).min(1),
    ])
    .optional(),
  /** Parquet file, or glob, of attention measured elsewhere (docs/attention/files.md). */
  attentionFile: z.string().min(1).optional(),
  /** Share of rows that may be unusable before the run fails, in [0, 1]. */
  maxRejected: z
    .union([z.number().min(0).max(1), share.transform((text) => Number.parseFloat(text) / 100)])
    .default(0.2),
  /** Write a subset of nothing, or of everything. */
  allowEmpty: z.boolean().default(false),
  /** Write a random subset of the same size and mix of answer kinds beside the subset, to compare with. */
  control: z.boolean().default(false),
});
export type ConfigInput = z.input<typeof configSchema>;
export type Config = z.output<typeof configSchema>;

/**
 * Checks a configuration; a `WinnowError("usage")` names the key (or the flag that set it,
 * given `flags` by key), the value and what is allowed.
 */
export function parseConfig(input: unknown, source: string, flags: ReadonlyMap<string, string> = new Map()): Config {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  throw new WinnowError("usage", describeIssue(result.error.issues[0] as z.core.$ZodIssue, input, source, flags));
}

function describeIssue(
  issue: z.core.$ZodIssue,
  input: unknown,
  file: string,
  flags: ReadonlyMap<string, string>,
): string {
  const { path, value } = findGiven(issue.path, input);
  const flag = flags.get(path);
  const source = flag === undefined ? file : "Command line";
  const key = flag ?? path;
  if (issue.code === "unrecognized_keys") {
    const unknown = issue.keys.map((name) => (path === "" ? name : `${path}.${name}`)).join(", ");
    return `${source}: unknown key \`${unknown}\`; \`winnow run --help\` lists the options.`;
  }
  const shown = value === undefined ? "nothing" : `\`${hideSecrets(JSON.stringify(value))}\``;
  const issues = issue.code === "invalid_union" ? issue.errors.flat() : [issue];
  const allowed = issues.map((one) => one.message.replace(/^Invalid (input|option): /, "")).join(", or ");
  return `${source}: \`${key || "configuration"}\`: ${allowed}; found ${shown}.`;
}

/** Where a path leads as far as it was typed: a text with commas is one value, whichever of its items is meant. */
function findGiven(path: readonly PropertyKey[], input: unknown): { readonly path: string; readonly value: unknown } {
  const given: PropertyKey[] = [];
  let value = input;
  for (const part of path) {
    if (typeof value === "string") break;
    given.push(part);
    value = (value as Record<PropertyKey, unknown> | undefined)?.[part];
  }
  return { path: given.join("."), value };
}

/** A value without what stands in its addresses before the host and behind the path: where keys are put. */
function hideSecrets(text: string): string {
  return text.replace(/:\/\/[^/@\s,"]*@/g, "://[key]@").replace(/(:\/\/[^?#\s,"]*[?#])[^\s,"]*/g, "$1[key]");
}

/** The backend of a configuration: servers where they are named, else the embedded model. */
export function chooseBackend(config: Pick<Config, "backend" | "openai">): "onnx" | "openai" | "imported" {
  return config.backend ?? (config.openai.baseUrls === undefined ? "onnx" : "openai");
}

/** Pixels of an image at most, where servers are asked; absent: no limit, and the embedded model has none. */
export function pixelLimit(config: Pick<Config, "backend" | "openai">): number | undefined {
  return chooseBackend(config) === "onnx" ? undefined : config.openai.maxPixels;
}

function readJson(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
