import { parse } from "yaml";
import { WinnowError } from "../errors.ts";

/** A configuration as a dataset card declares it. */
export interface CardConfig {
  readonly name: string;
  readonly isDefault: boolean;
  /** Folder that its patterns are relative to. */
  readonly folder: string;
  /** Patterns by split; absent: found by the usual names. */
  readonly splits?: ReadonlyMap<string, readonly string[]>;
}

/** What Winnow reads of a dataset card. */
export interface Card {
  readonly configs: readonly CardConfig[];
  readonly license?: CardLicense;
  readonly tags: readonly string[];
}

/** A licence as the hub names it (`mit`, `cc-by-4.0`, …, `other`), and for `other` its own name and address. */
export interface CardLicense {
  readonly ids: readonly string[];
  readonly name?: string;
  readonly link?: string;
}

/** The name that a dataset's only configuration has when its card declares none. */
export const DEFAULT_CONFIG = "default";
const LONGEST = 8_000_000;

/**
 * Reads the YAML at the head of a dataset card. Throws `WinnowError("input")` when that is no YAML, or
 * declares configurations in no way the hub knows.
 */
export function parseCard(text: string, where: string): Card {
  const header = /^\uFEFF?---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|$)/ms.exec(text)?.[1];
  const refuse = (what: string, cause?: unknown): WinnowError =>
    new WinnowError("input", `The card of ${where}: ${what}. Name files of the dataset instead: ${where}/path.`, {
      cause,
    });
  if (header === undefined) return { configs: [], tags: [] };
  if (header.length > LONGEST) throw refuse(`expected at most ${LONGEST} characters of YAML; found ${header.length}`);
  let data: Record<string, unknown>;
  try {
    const value: unknown = parse(header, { maxAliasCount: 100 });
    data = isRecord(value) ? value : {};
  } catch (error) {
    throw refuse(`expected YAML; ${(error as Error).message.split("\n")[0]}`, error);
  }
  const license = readLicense(data);
  const configs = Array.isArray(data.configs) ? data.configs : [];
  return {
    configs: configs.map((config: unknown) => {
      const read = readConfig(config);
      if (read !== undefined) return read;
      throw refuse("expected `configs` with `config_name`, and `data_files` by split; found something else");
    }),
    tags: Array.isArray(data.tags) ? data.tags.filter((tag) => typeof tag === "string") : [],
    ...(license && { license }),
  };
}

function readConfig(config: unknown): CardConfig | undefined {
  if (!isRecord(config) || typeof config.config_name !== "string") return undefined;
  const splits = config.data_files === undefined ? undefined : readDataFiles(config.data_files);
  if (config.data_files !== undefined && splits === undefined) return undefined;
  return {
    name: config.config_name,
    isDefault: config.default === true || config.config_name === DEFAULT_CONFIG,
    folder: typeof config.data_dir === "string" ? config.data_dir.replace(/^\.?\/+|\/+$/g, "") : "",
    ...(splits && { splits }),
  };
}

/** `data_files`: a pattern, patterns, or `{split, path}`s; the former two are the split `train`. */
function readDataFiles(value: unknown): ReadonlyMap<string, readonly string[]> | undefined {
  if (isRecord(value)) return readSplits(Object.entries(value).map(([split, path]) => ({ split, path })));
  const patterns = readPatterns(value);
  if (patterns !== undefined) return new Map([["train", patterns]]);
  return Array.isArray(value) ? readSplits(value) : undefined;
}

function readSplits(items: readonly unknown[]): ReadonlyMap<string, readonly string[]> | undefined {
  const splits = new Map<string, readonly string[]>();
  for (const item of items) {
    const patterns = isRecord(item) ? readPatterns(item.path) : undefined;
    if (!isRecord(item) || patterns === undefined || splits.has(String(item.split))) return undefined;
    splits.set(String(item.split), patterns);
  }
  return splits;
}

function readPatterns(value: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.every((one) => typeof one === "string") ? (values as string[]) : undefined;
}

function readLicense(data: Record<string, unknown>): CardLicense | undefined {
  const values: readonly unknown[] = Array.isArray(data.license) ? data.license : [data.license];
  const ids = values.filter((one): one is string => typeof one === "string" && /^[\w.+-]{1,80}$/.test(one));
  if (ids.length === 0) return undefined;
  const text = (key: string): string | undefined =>
    typeof data[key] === "string" && data[key].length <= 300 ? data[key] : undefined;
  const [name, link] = [text("license_name"), text("license_link")];
  return { ids, ...(name !== undefined && { name }), ...(link !== undefined && { link }) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
