import { WinnowError } from "../errors.ts";
import { formatHubAddress, type HubAddress } from "../lib/hub-address.ts";
import { expandBraces, isGlob, newGlobMatcher } from "../lib/match-glob.ts";
import { type Card, type CardConfig, DEFAULT_CONFIG } from "./card.ts";
import { groupBySplit } from "./split-names.ts";
import type { TreeFile } from "./tree.ts";

/** Which rows of a dataset are meant, where it has several configurations or splits. */
export interface HubPart {
  readonly config?: string;
  readonly split?: string;
}

/** The files of one split, in reading order. */
export interface Choice extends HubPart {
  readonly files: readonly TreeFile[];
}

export interface ChoosingOptions extends HubPart {
  /** Whether a file of this name can be read as rows. */
  readonly isReadable: (path: string) => boolean;
}

/** Files about a dataset that hold no rows of it, as `datasets` leaves them out (`FILES_TO_IGNORE`). */
const ABOUT = new Set([
  "README.md",
  "config.json",
  "dataset_info.json",
  "dataset_infos.json",
  "dummy_data.zip",
  "dataset_dict.json",
]);
/** Names shown of many. */
const SHOWN = 12;

/**
 * The files that an address means, as `datasets` finds them: those its path names; else those that the
 * card declares for configuration and split; else by their names. Throws `WinnowError("input")` that
 * lists what there is, where none is meant or several are and one would have to be guessed.
 */
export function chooseFiles(
  tree: readonly TreeFile[],
  card: Card,
  address: HubAddress,
  options: ChoosingOptions,
): Choice {
  const chooser = new Chooser(tree, address, options);
  if (address.path === "") return chooser.fromCard(card);
  if (options.config !== undefined) {
    throw new WinnowError("usage", `${formatHubAddress(address)}: a path and --hf-config exclude each other.`);
  }
  return chooser.fromPath(address.path);
}

class Chooser {
  readonly #tree: readonly TreeFile[];
  readonly #byPath: ReadonlyMap<string, TreeFile>;
  readonly #where: string;
  readonly #repo: string;
  readonly #options: ChoosingOptions;

  constructor(tree: readonly TreeFile[], address: HubAddress, options: ChoosingOptions) {
    this.#tree = tree;
    this.#byPath = new Map(tree.map((file) => [file.path, file]));
    this.#where = formatHubAddress({ ...address, path: "" });
    this.#repo = address.repo;
    this.#options = options;
  }

  fromPath(path: string): Choice {
    const file = this.#byPath.get(path);
    if (file !== undefined) return { files: [file] };
    const inside = this.#tree.filter((one) => one.path.startsWith(`${path}/`));
    if (inside.length > 0) return this.#bySplit(this.#groupByName(inside, path), {});
    const matchers = expandBraces(path).map(newGlobMatcher);
    const files = this.#readable(this.#tree.filter((one) => matchers.some((matches) => matches(one.path))));
    if (files.length > 0) return { files };
    const found = isGlob(path) || /\{/.test(path) ? "no file that it matches can be read" : "nothing there";
    throw this.#fail(`expected data files at ${path}; found ${found}`, this.#tree);
  }

  fromCard({ configs }: Card): Choice {
    const { config: wanted } = this.#options;
    const names = configs.length === 0 ? [DEFAULT_CONFIG] : configs.map(({ name }) => name);
    const usual = configs.filter(({ isDefault }) => isDefault);
    const chosen =
      wanted !== undefined
        ? configs.find(({ name }) => name === wanted)
        : configs.length === 1
          ? configs[0]
          : usual.length === 1
            ? usual[0]
            : undefined;
    if (chosen !== undefined) return this.#bySplit(this.#filesOf(chosen), { config: chosen.name });
    if (configs.length > 0 || (wanted !== undefined && wanted !== DEFAULT_CONFIG)) {
      const have = `it has the configurations ${list(names)}`;
      throw new WinnowError(
        "input",
        wanted === undefined
          ? `${this.#where}: ${have}: name one with --hf-config.`
          : `${this.#where}: expected the configuration ${JSON.stringify(wanted)}; ${have}.`,
      );
    }
    return this.#bySplit(this.#groupByName(this.#tree, ""), {});
  }

  #filesOf({ folder, splits }: CardConfig): ReadonlyMap<string, readonly TreeFile[]> {
    if (splits === undefined) return this.#groupByName(this.#tree, folder);
    return new Map([...splits].map(([split, patterns]) => [split, this.#matching(patterns, folder)]));
  }

  /** The files of a card's patterns, pattern by pattern, each file once. */
  #matching(patterns: readonly string[], folder: string): readonly TreeFile[] {
    const found = new Set<TreeFile>();
    for (const pattern of patterns) {
      if (/^[a-z]+:\/\//i.test(pattern)) {
        throw new WinnowError(
          "input",
          `${this.#where}: its card refers to files elsewhere (${pattern.slice(0, 200)}); name them by their own address.`,
        );
      }
      const whole = [folder, pattern.replace(/^\.\//, "")].filter((part) => part !== "").join("/");
      const exact = this.#byPath.get(whole);
      if (exact !== undefined) found.add(exact);
      if (exact !== undefined || !isGlob(whole)) continue;
      const matches = newGlobMatcher(whole);
      for (const file of this.#tree) if (matches(file.path) && isMeant(file.path, whole)) found.add(file);
    }
    return this.#readable([...found]);
  }

  #groupByName(files: readonly TreeFile[], folder: string): ReadonlyMap<string, readonly TreeFile[]> {
    const prefix = folder === "" ? "" : `${folder}/`;
    const inside = this.#readable(files).filter(({ path }) => path.startsWith(prefix) && isMeant(path, `${prefix}**`));
    const byPath = new Map(inside.map((file) => [file.path.slice(prefix.length), file]));
    const groups = groupBySplit([...byPath.keys()]);
    return new Map([...groups].map(([split, paths]) => [split, paths.map((path) => byPath.get(path) as TreeFile)]));
  }

  #bySplit(splits: ReadonlyMap<string, readonly TreeFile[]>, part: HubPart): Choice {
    const { split: wanted } = this.#options;
    const of = part.config === undefined ? "" : ` of configuration ${part.config}`;
    const names = [...splits.keys()];
    if (names.length === 0) throw this.#fail(`expected data files${of}; found none that can be read`, this.#tree);
    const split = wanted ?? (names.length === 1 ? (names[0] as string) : undefined);
    if (split === undefined) {
      throw new WinnowError("input", `${this.#where}: it has the splits ${list(names)}${of}: name one with --split.`);
    }
    const files = splits.get(split);
    if (files === undefined) {
      throw new WinnowError(
        "input",
        `${this.#where}: expected the split ${JSON.stringify(split)}${of}; it has ${list(names)}.`,
      );
    }
    if (files.length === 0) throw this.#fail(`expected data files of the split ${split}${of}; found none`, this.#tree);
    return { ...part, split, files };
  }

  #readable(files: readonly TreeFile[]): readonly TreeFile[] {
    return files.filter(
      ({ path }) => !ABOUT.has(path.slice(path.lastIndexOf("/") + 1)) && this.#options.isReadable(path),
    );
  }

  #fail(what: string, tree: readonly TreeFile[]): WinnowError {
    const files = tree.map(({ path }) => path).filter((path) => isMeant(path, "**"));
    const parquet = formatHubAddress({ repo: this.#repo, revision: "refs/convert/parquet", path: "" });
    return new WinnowError(
      "input",
      `${this.#where}: ${what}. Its files are ${list(files)}; the hub's own conversion may do: ${parquet}/….`,
    );
  }
}

/** Whether neither hidden nor special folders are on a path, but those that the pattern names. */
function isMeant(path: string, pattern: string): boolean {
  const count = (text: string, test: RegExp): number => text.split("/").filter((part) => test.test(part)).length;
  const isSpecial = (text: string): number => count(text.split("/").slice(0, -1).join("/"), /^__/);
  return count(path, /^\.+[^.]/) === count(pattern, /^\.+[^.]/) && isSpecial(path) === isSpecial(pattern);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => name.slice(0, 120));
  return names.length === 0 ? "none" : `${shown.join(", ")}${names.length > SHOWN ? `, … (${names.length})` : ""}`;
}
