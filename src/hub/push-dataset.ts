import { pathToFileURL } from "node:url";
import { WinnowError } from "../errors.ts";
import { isCommit } from "./cache.ts";
import { parseCard } from "./card.ts";
import { HubError } from "./hub-error.ts";
import { loadHubLibrary } from "./load-hub-library.ts";
import { type HubTiming, openHubFetch } from "./open-hub-fetch.ts";
import { resolveCommit } from "./resolve-commit.ts";
import { type HubSettings, readHubSettings } from "./settings.ts";

/** A file to upload: one on this machine, or a text. */
export interface PushFile {
  /** Its name there, with `/`. */
  readonly path: string;
  readonly content: { readonly file: string } | { readonly text: string };
}

export interface PushOptions {
  /** `owner/name`; made when there is none. */
  readonly repo: string;
  readonly branch: string;
  /** Title of the commit. */
  readonly message: string;
  readonly files: readonly PushFile[];
  /** Only into a private dataset, which a new one becomes. */
  readonly private: boolean;
  /** The tag of a card that may be replaced; any other card only with `overwrite`. */
  readonly tag: string;
  readonly overwrite: boolean;
  /** Files there under these names, or in these folders (`subset/`), go unless they are uploaded again. */
  readonly owned: readonly string[];
  readonly settings?: HubSettings;
  readonly timing?: HubTiming;
  /** Told the name of each large file that is up. */
  readonly uploaded?: (path: string) => void;
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface Pushed {
  readonly url: string;
  readonly commit: string;
  readonly created: boolean;
  /** Files of an earlier push that are gone. */
  readonly removed: readonly string[];
}

const README = "README.md";

/**
 * Uploads files to a dataset as one commit, on top of what is there at its start. Throws `HubError`s, and
 * `WinnowError("usage")` where the dataset is public and should not be, or has a card of somebody else.
 */
export async function pushDataset(options: PushOptions): Promise<Pushed> {
  const settings = options.settings ?? (await readHubSettings());
  if (settings.offline)
    throw new WinnowError("usage", "HF_HUB_OFFLINE keeps the hub from being asked: unset it to push.");
  if (settings.token === undefined) {
    throw new WinnowError(
      "usage",
      "A push needs a token that may write: log in with `hf auth login`, or set HF_TOKEN.",
    );
  }
  return await new Push(options, settings).run();
}

class Push {
  readonly #options: PushOptions;
  readonly #fetch: typeof fetch;
  readonly #hub: { readonly hubUrl: string; readonly fetch: typeof fetch };

  constructor(options: PushOptions, { endpoint, ...settings }: HubSettings) {
    this.#options = options;
    const subject = { repo: options.repo, revision: options.branch };
    const { timing, signal } = options;
    this.#fetch = openHubFetch({ endpoint, ...settings }, subject, {
      ...(timing && { timing }),
      ...(signal && { signal }),
    });
    this.#hub = { hubUrl: endpoint, fetch: this.#fetch };
  }

  async run(): Promise<Pushed> {
    const { repo, branch } = this.#options;
    const created = await this.#findOrCreate();
    if (branch !== "main") await this.#createBranch();
    const parent = await resolveCommit({ repo, revision: branch, endpoint: this.#hub.hubUrl, fetch: this.#fetch });
    const removed = await this.#findStale(parent);
    const commit = await this.#commit(parent, removed);
    return { url: `${this.#hub.hubUrl}/datasets/${repo}`, commit, created, removed };
  }

  /** Whether the dataset had to be made. */
  async #findOrCreate(): Promise<boolean> {
    const { repo } = this.#options;
    const { datasetInfo, createRepo } = await loadHubLibrary();
    const info = await datasetInfo({ name: repo, ...this.#hub }).catch((error: unknown) => {
      if (error instanceof HubError && [401, 404].includes(error.status)) return undefined;
      throw error;
    });
    if (info !== undefined) {
      if (info.private || !this.#options.private) return false;
      throw new WinnowError(
        "usage",
        `hf://datasets/${repo} is public: make it private on the hub, or push without --private.`,
      );
    }
    // The library wants credentials here; the token is put in by our own fetch.
    await createRepo({
      repo: { type: "dataset", name: repo },
      ...(this.#options.private && { visibility: "private" }),
      ...this.#hub,
    } as unknown as Parameters<typeof createRepo>[0]);
    return true;
  }

  async #createBranch(): Promise<void> {
    const { createBranch } = await loadHubLibrary();
    const { repo, branch } = this.#options;
    await createBranch({ repo: { type: "dataset", name: repo }, branch, ...this.#hub }).catch((error: unknown) => {
      if (!(error instanceof HubError && error.status === 409)) throw error;
    });
  }

  /** Files of an earlier push that this one does not replace; none where the card is somebody else's. */
  async #findStale(parent: string): Promise<readonly string[]> {
    const { listFiles } = await loadHubLibrary();
    const { repo, owned, files, tag, overwrite } = this.#options;
    const there: string[] = [];
    const listing = { repo: { type: "dataset", name: repo }, revision: parent, recursive: true } as const;
    for await (const { type, path } of listFiles({ ...listing, ...this.#hub }))
      if (type !== "directory") there.push(path);
    if (!there.includes(README)) return [];
    const url = `${this.#hub.hubUrl}/datasets/${repo}/resolve/${parent}/${README}`;
    const text = await (await this.#fetch(url)).text();
    if (!isTagged(text, tag)) {
      if (overwrite) return [];
      throw new WinnowError(
        "usage",
        `hf://datasets/${repo} has a dataset card that Winnow did not write: choose another name, or replace it with --overwrite.`,
      );
    }
    const kept = new Set(files.map(({ path }) => path));
    const isOwned = (path: string): boolean =>
      owned.some((one) => path === one || (one.endsWith("/") && path.startsWith(one)));
    return there.filter((path) => isOwned(path) && !kept.has(path));
  }

  async #commit(parent: string, removed: readonly string[]): Promise<string> {
    const { commitIter } = await loadHubLibrary();
    const { repo, branch, message, files, uploaded, signal } = this.#options;
    const events = commitIter({
      repo: { type: "dataset", name: repo },
      title: message,
      branch,
      parentCommit: parent,
      operations: [
        ...files.map(({ path, content }) => ({
          operation: "addOrUpdate" as const,
          path,
          content: "file" in content ? pathToFileURL(content.file) : new Blob([content.text]),
        })),
        ...removed.map((path) => ({ operation: "delete" as const, path })),
      ],
      // Plain uploads, whose hashes the hub checks against those that the commit names.
      useXet: false,
      ...(signal && { abortSignal: signal }),
      ...this.#hub,
    });
    for (;;) {
      const { done, value } = await events.next().catch((error: unknown) => {
        throw this.#explain(error);
      });
      if (done) {
        if (isCommit(value?.commit.oid)) return value.commit.oid;
        throw new WinnowError("input", `hf://datasets/${repo}: expected the hub to name the commit; it did not.`);
      }
      if (value.event === "fileProgress" && value.state === "uploading" && value.progress === 1) uploaded?.(value.path);
    }
  }

  #explain(error: unknown): unknown {
    const { repo, branch, signal } = this.#options;
    if (signal?.aborted) return signal.reason;
    if (!(error instanceof HubError) || error.status !== 412) return error;
    return new WinnowError(
      "input",
      `hf://datasets/${repo}: ${branch} was changed by somebody else meanwhile; push again.`,
    );
  }
}

function isTagged(text: string, tag: string): boolean {
  try {
    return parseCard(text, README).tags.includes(tag);
  } catch {
    return false;
  }
}
