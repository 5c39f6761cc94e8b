import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { type Config, parseConfig } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { isHubAddress, parseHubAddress } from "../lib/hub-address.ts";
import { type Manifest, readManifest } from "../runs/manifest.ts";
import { readFlags } from "./config-flag.ts";
import { DATASET_FLAGS, GRADING_FLAGS, ROLLOUT_FLAGS, SELECTION_FLAGS } from "./config-flags.ts";

/** A configuration ready to run, and the run directory it goes to. */
export interface LoadedConfig {
  readonly config: Config;
  readonly directory: string;
}

const CONFIG_FILES = new Set([".yaml", ".yml", ".json"]);
/** No configuration is larger; a larger `.json` is a dataset. */
const CONFIG_BYTES = 1_000_000;

/**
 * The configuration that a command's target stands for (a run directory, a configuration
 * file, or a dataset), with the flags on top. Paths in a file are relative to that file.
 */
export async function loadConfig(target: string, args: Readonly<Record<string, unknown>>): Promise<LoadedConfig> {
  const flags = readFlags(args, { ...DATASET_FLAGS, ...ROLLOUT_FLAGS, ...GRADING_FLAGS, ...SELECTION_FLAGS });
  const out = args.out as string | undefined;
  const before = await readManifest(target);
  if (before !== undefined) {
    // New selection flags stand on their preset alone, not on what an earlier selection set.
    const base = "selection" in flags.input ? { ...before.config, selection: {}, allowEmpty: false } : before.config;
    const config = parseConfig(reopen(merge(base, flags.input), flags.input), `${target}/run.json`, flags.names);
    return { config, directory: out ?? target };
  }
  const file = await readConfigFile(target);
  const config = parseConfig(
    merge(file ?? { dataset: target }, flags.input),
    file ? target : "Command line",
    flags.names,
  );
  const directory = out ?? config.out ?? `runs/${nameOf(config.dataset)}`;
  if (out === undefined && config.out === undefined) await refuseOtherDataset(directory, config);
  return { config, directory };
}

/** The configuration of a run directory that must be there, with selection flags on top. */
export async function loadRun(directory: string, args: Readonly<Record<string, unknown>>): Promise<LoadedConfig> {
  if ((await readManifest(directory)) === undefined) {
    throw new WinnowError(
      "run",
      `${directory} is not a run directory: it holds no run.json. \`winnow run\` makes one.`,
    );
  }
  return loadConfig(directory, args);
}

async function readConfigFile(path: string): Promise<Record<string, unknown> | undefined> {
  const isFile = existsSync(path) && statSync(path).isFile();
  if (!isFile || !CONFIG_FILES.has(extname(path).toLowerCase()) || statSync(path).size > CONFIG_BYTES) return undefined;
  const isJson = extname(path).toLowerCase() === ".json";
  let value: unknown;
  try {
    value = parseYaml(await readFile(path, "utf8"));
  } catch (error) {
    if (isJson) return undefined;
    throw new WinnowError(
      "usage",
      `${path} is not YAML: ${(error as Error).message.split("\n")[0]?.replace(/:$/, ".")}`,
      { cause: error },
    );
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    if (isJson) return undefined;
    throw new WinnowError(
      "usage",
      `${path}: expected a configuration with the key \`dataset\`, found ${kindOf(value)}.`,
    );
  }
  const input = value as Record<string, unknown>;
  if (isJson && typeof input.dataset !== "string") return undefined;
  const openai = input.openai as Record<string, unknown> | undefined;
  if (typeof openai?.keyFile === "string") openai.keyFile = resolve(dirname(path), openai.keyFile);
  const named = openai?.baseUrls !== undefined || input.backend === "openai";
  for (const key of ["dataset", "imageFolder", "out", "attentionFile", ...(named ? [] : ["model"])]) {
    const value = input[key];
    if (typeof value === "string" && !isHubAddress(value)) input[key] = resolve(dirname(path), value);
  }
  const selection = input.selection as Record<string, unknown> | undefined;
  for (const key of ["curves", "domains"]) {
    if (typeof selection?.[key] === "string") selection[key] = resolve(dirname(path), selection[key]);
  }
  const grading = input.grading as Record<string, unknown> | undefined;
  if (typeof grading?.reward === "string" && !/^https?:/.test(grading.reward)) {
    grading.reward = resolve(dirname(path), grading.reward);
  }
  return input;
}

async function refuseOtherDataset(directory: string, config: Config): Promise<void> {
  const before = await readManifest(directory);
  if (before === undefined || isSameDataset(before.dataset, config)) return;
  throw new WinnowError(
    "usage",
    `${directory} holds a run of ${before.dataset.path}; give this one a directory of its own with --out.`,
  );
}

function isSameDataset({ path, hub }: Manifest["dataset"], { dataset, hf }: Config): boolean {
  if (hub === undefined) return path === resolve(dataset);
  const { split = hub.split, config = hub.config } = hf;
  return [hub.asked, hub.address].includes(dataset) && split === hub.split && config === hub.config;
}

function nameOf(dataset: string): string {
  if (isHubAddress(dataset)) return parseHubAddress(dataset).repo.replace("/", "-");
  const name = basename(dataset)
    .replace(/\.[^.]*$/, "")
    .replace(/[^\w.-]+/g, "-");
  return name === "" || name === "-" ? "run" : name;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** Servers that are named for a run of imported rollouts take those that are missing. */
function reopen(merged: Record<string, unknown>, given: Record<string, unknown>): Record<string, unknown> {
  const named = (given.openai as Record<string, unknown> | undefined)?.baseUrls !== undefined;
  return named && merged.backend === "imported" ? { ...merged, backend: "openai" } : merged;
}

/** `over` on top of `base`, objects merged key by key. */
function merge(base: object, over: object): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    const both = [below, value].every((side) => side !== null && typeof side === "object" && !Array.isArray(side));
    merged[key] = both ? merge(below as object, value as object) : value;
  }
  return merged;
}
