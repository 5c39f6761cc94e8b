import { readFile, realpath } from "node:fs/promises";
import { WinnowError } from "../errors.ts";
import { formatHubAddress, type HubAddress, parseHubAddress } from "../lib/hub-address.ts";
import { runWidely } from "../lib/run-widely.ts";
import { isCommit, RepoCache } from "./cache.ts";
import { type Card, type CardLicense, parseCard } from "./card.ts";
import { type ChoosingOptions, chooseFiles, type HubPart } from "./choose-files.ts";
import { downloadBlob, type TransferProgress } from "./download.ts";
import { type HubTiming, openHubFetch, SYSTEM_TIMING } from "./open-hub-fetch.ts";
import { resolveCommit } from "./resolve-commit.ts";
import { type HubSettings, readHubSettings } from "./settings.ts";
import { listTree, readCachedTree, type TreeFile } from "./tree.ts";

/** Where a dataset on the hub was taken from, once and for all. */
export interface HubOrigin extends HubPart {
  /** The address as it was asked for. */
  readonly asked: string;
  /** The same address at the commit that it named then. */
  readonly address: string;
  readonly repo: string;
  readonly commit: string;
  readonly license?: CardLicense;
}

/** A dataset's files on this machine. */
export interface FetchedDataset {
  readonly origin: HubOrigin;
  /** The folder of the commit's files. */
  readonly root: string;
  /** Absolute paths, in reading order. */
  readonly files: readonly string[];
  /** The folder that the files in `root` are links into. */
  readonly store: string;
  /** Names, sizes and hashes of the files, as the hub lists them; absent where the cache alone was asked and does not know. */
  readonly contents?: readonly { readonly name: string; readonly size: number; readonly hash: string }[];
  /** Downloads a file beside the data, such as an image, unless it is there or is none of the dataset's. */
  ensure(name: string): Promise<void>;
}

export interface FetchOptions extends ChoosingOptions {
  /** Whether rows of these files may refer to others, such as images, which are then downloaded at once. */
  readonly wantsImages: (files: readonly string[]) => boolean;
  readonly progress?: TransferProgress;
  readonly signal?: AbortSignal;
  readonly settings?: HubSettings;
  readonly timing?: HubTiming;
}

/** Files at a time. */
const WIDTH = 8;
const IMAGE = /\.(?:png|jpe?g|webp|gif|bmp|tiff?)$/i;
const README = "README.md";
const SILENT: TransferProgress = { begin() {}, advance() {}, end() {} };

/**
 * Brings the files that an address names onto this machine, from the hub's cache where they are there.
 * The revision becomes a commit first, and everything is read at that commit. Throws `WinnowError`s
 * (`HubError` where the hub refused) in one sentence; a broken download goes on where it was.
 */
export async function fetchDataset(asked: string, options: FetchOptions): Promise<FetchedDataset> {
  const address = parseHubAddress(asked);
  const settings = options.settings ?? (await readHubSettings());
  const source = new HubSource(address, settings, options);
  const commit = await source.commit();
  const tree = await source.tree(commit);
  const card = await source.card(commit, tree);
  const choice = chooseFiles(tree, card, address, options);
  const images = options.wantsImages(choice.files.map(({ path }) => path)) ? tree.filter(isImage) : [];
  await source.bring(commit, [...choice.files, ...images.filter((file) => !choice.files.includes(file))]);

  const { config, split } = choice;
  const byName = new Map(tree.map((file) => [file.path, file]));
  const root = await realpath(source.cache.snapshot(commit));
  const place = (name: string): string => source.cache.place(commit, name).replace(source.cache.snapshot(commit), root);
  return {
    origin: {
      asked,
      address: formatHubAddress({ ...address, revision: commit }),
      repo: address.repo,
      commit,
      ...(config !== undefined && { config }),
      ...(split !== undefined && { split }),
      ...(card.license && { license: card.license }),
    },
    root,
    files: choice.files.map(({ path }) => place(path)),
    store: await realpath(source.cache.blobs).catch(() => source.cache.blobs),
    ...(choice.files.every(({ hash }) => hash !== "") && {
      contents: choice.files.map(({ path, size = 0, hash }) => ({ name: path, size, hash })),
    }),
    ensure: async (name) => {
      const file = byName.get(name);
      if (file !== undefined) await source.bring(commit, [file], SILENT);
    },
  };
}

/** One dataset on the hub, or in the cache when nobody may be asked. */
class HubSource {
  readonly cache: RepoCache;
  readonly #address: HubAddress;
  readonly #settings: HubSettings;
  readonly #options: FetchOptions;
  readonly #timing: HubTiming;
  readonly #fetch: typeof fetch;

  constructor(address: HubAddress, settings: HubSettings, options: FetchOptions) {
    this.cache = new RepoCache(settings.cache, address.repo);
    this.#address = address;
    this.#settings = settings;
    this.#options = options;
    this.#timing = options.timing ?? SYSTEM_TIMING;
    const { signal } = options;
    this.#fetch = openHubFetch(settings, address, { timing: this.#timing, ...(signal && { signal }) });
  }

  async commit(): Promise<string> {
    const { repo, revision = "main" } = this.#address;
    if (isCommit(revision)) return revision;
    if (!this.#settings.offline) {
      const commit = await resolveCommit({ repo, revision, endpoint: this.#settings.endpoint, fetch: this.#fetch });
      await this.cache.writeRef(revision, commit);
      return commit;
    }
    const known = await this.cache.readRef(revision);
    if (known !== undefined) return known;
    throw this.#notCached(`\`${revision}\``);
  }

  async tree(commit: string): Promise<readonly TreeFile[]> {
    const { repo } = this.#address;
    const { endpoint, offline } = this.#settings;
    const tree = offline
      ? await readCachedTree(this.cache, commit)
      : await listTree(this.cache, commit, { repo, endpoint, fetch: this.#fetch });
    if (tree !== undefined) return tree;
    throw this.#notCached(`commit ${commit}`);
  }

  async card(commit: string, tree: readonly TreeFile[]): Promise<Card> {
    const file = tree.find(({ path }) => path === README);
    if (file === undefined) return { configs: [], tags: [] };
    if (!(await this.cache.has(commit, file))) {
      if (this.#settings.offline) return { configs: [], tags: [] };
      await this.#download(commit, file, SILENT);
    }
    return parseCard(await readFile(this.cache.place(commit, README), "utf8"), formatHubAddress(this.#address));
  }

  /** Sees to it that all of these files are there. */
  async bring(
    commit: string,
    files: readonly TreeFile[],
    progress: TransferProgress = this.#options.progress ?? SILENT,
  ): Promise<void> {
    const missing: TreeFile[] = [];
    for (const file of files) if (!(await this.cache.has(commit, file))) missing.push(file);
    if (missing.length === 0) return;
    if (this.#settings.offline) throw this.#notCached((missing[0] as TreeFile).path);
    const { signal } = this.#options;
    progress.begin(missing.reduce((sum, { size = 0 }) => sum + size, 0));
    async function* list(): AsyncGenerator<TreeFile> {
      yield* missing;
    }
    const run = {
      hasRoom: (active: number) => active < WIDTH,
      work: (file: TreeFile, _: unknown, inner: AbortSignal) => this.#download(commit, file, progress, inner),
    };
    for await (const _ of runWidely(list(), run, signal));
    signal?.throwIfAborted();
    progress.end();
  }

  async #download(commit: string, file: TreeFile, progress: TransferProgress, signal?: AbortSignal): Promise<void> {
    const name = file.path.split("/").map(encodeURIComponent).join("/");
    this.cache.place(commit, file.path);
    if (await this.cache.hasBlob(file)) progress.advance(file.size ?? 0);
    else {
      const url = `${this.#settings.endpoint}/datasets/${this.#address.repo}/resolve/${commit}/${name}`;
      const options = { fetch: this.#fetch, timing: this.#timing, progress, ...(signal && { signal }) };
      await downloadOnce(url, file, this.cache.blobs, options);
    }
    await this.cache.put(commit, file);
  }

  #notCached(what: string): WinnowError {
    return new WinnowError(
      "input",
      `${formatHubAddress(this.#address)}: ${what} is not in the cache (${this.cache.folder}), and HF_HUB_OFFLINE keeps the hub from being asked.`,
    );
  }
}

const underWay = new Map<string, Promise<void>>();

/** Downloads a content, or waits for it where this process is at it already. */
async function downloadOnce(
  url: string,
  file: TreeFile,
  blobs: string,
  options: Parameters<typeof downloadBlob>[3],
): Promise<void> {
  const key = `${blobs}/${file.hash}`;
  const other = underWay.get(key);
  if (other !== undefined) {
    await other;
    return options.progress.advance(file.size ?? 0);
  }
  const download = downloadBlob(url, file, blobs, options).finally(() => underWay.delete(key));
  underWay.set(key, download);
  await download;
}

function isImage({ path }: TreeFile): boolean {
  return IMAGE.test(path) && !path.split("/").some((part) => part.startsWith("."));
}
