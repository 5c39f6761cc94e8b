import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { psiOptionSets, resolveSelection } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { Rollout, Sample } from "../records.ts";
import { AttentionTable } from "../runs/attention-table.ts";
import { type Database, openDatabase } from "../runs/database.ts";
import type { SampleEntry } from "../runs/ledger.ts";
import { type Manifest, readManifest } from "../runs/manifest.ts";
import type { GradedRollout } from "../runs/rollout-row.ts";
import { RolloutTable } from "../runs/rollout-table.ts";
import { isRunHeld } from "../runs/run-lock.ts";
import { readSampleEntries } from "../runs/sample-table.ts";
import { decodeEvidence, encodeEvidence, findId } from "./evidence-columns.ts";
import type { NamedSelection, RunInfo, SamplePage, SampleRow, TokenScoresView } from "./protocol.ts";
import { type RunEvidence, readEvidence } from "./read-evidence.ts";
import { nameVersion, readWhileChanging } from "./run-files.ts";
import { DatasetSamples } from "./sample-images.ts";
import { buildSamplePage } from "./sample-page.ts";
import { readRows, searchRows } from "./sample-texts.ts";
import { openRunTokenScorer, type RunTokenScorer } from "./token-paint.ts";

/** Reading again rests that many times as long as it took, so that looking on never takes much of the machine. */
const REST = 4;

/** Of each connection, beyond what was read: enough to sort and join by, whatever the run's size. */
const MEMORY = "512MB";

/** What was read of a run at one moment: some 60 bytes a sample. */
interface Snapshot extends RunEvidence {
  readonly version: string;
  /** Until then, in `performance.now()`, it serves although the files have changed. */
  readonly staleAt: number;
  readonly manifest: Manifest;
  /** `table` as it is sent; the table is a view of it. */
  readonly evidence: Uint8Array<ArrayBuffer>;
}

/** A sample with its rollouts under the run's settings. */
export interface SampleRollouts {
  readonly manifest: Manifest;
  readonly entry: SampleEntry;
  readonly rollouts: readonly GradedRollout[];
}

/**
 * A run directory looked at without holding it: nothing in it is locked, written or cleared away.
 * What is read is kept until the run's files change.
 */
export class RunView implements AsyncDisposable {
  readonly path: string;
  /** One connection for the evidence, one for texts, so that the table never waits for a reload. */
  readonly #databases: { readonly evidence: Database; readonly texts: Database };
  readonly #spill: string;
  readonly #given: string;
  #snapshot: Snapshot | undefined;
  #loading: Promise<Snapshot> | undefined;
  #waiting: Promise<unknown> = Promise.resolve();
  #dataset: { readonly fingerprint: string; readonly samples: DatasetSamples } | undefined;
  #scorer: RunTokenScorer | undefined;
  #rejected: { readonly version: string; readonly rows: number } | undefined;

  private constructor(given: string, spill: string, databases: { evidence: Database; texts: Database }) {
    this.#given = given;
    this.path = resolve(given);
    this.#spill = spill;
    this.#databases = databases;
  }

  /** Throws `WinnowError("run")` when the folder holds no run. */
  static async open(directory: string): Promise<RunView> {
    await readRunManifest(directory);
    const spill = await mkdtemp(join(tmpdir(), "winnow-view-"));
    const open = (name: string): Promise<Database> =>
      openDatabase(join(spill, name), { memory: MEMORY, keepFiles: false });
    const [evidence, texts] = [await open("evidence"), await open("texts")];
    return new RunView(directory, spill, { evidence, texts });
  }

  /** What the run is, from its small files alone. */
  async info(): Promise<RunInfo> {
    const version = await nameVersion(this.path);
    const manifest = await readRunManifest(this.path);
    const { seed } = manifest.config.sampling;
    const preset = (name: "paper" | "robust"): NamedSelection => {
      const options = resolveSelection({ preset: name }, seed);
      return { options, psiName: psiOptionSets(options.psi).name };
    };
    this.#scorer ??= openRunTokenScorer(manifest);
    return {
      name: basename(this.path),
      path: this.#given,
      state: manifest.state,
      live: await isRunHeld(this.path),
      version,
      m: manifest.config.sampling.rollouts,
      model: manifest.model.name,
      dataset: manifest.dataset.path,
      attention: manifest.attention !== undefined,
      tokenScores: this.#scorer.availability,
      selection: {
        // Runs made before there were other methods do not say theirs.
        options: { ...manifest.selection, method: manifest.selection.method ?? "rap" },
        psiName: psiOptionSets(manifest.selection.psi).name,
      },
      presets: { paper: preset("paper"), robust: preset("robust") },
      rejected: await this.#countRejected(version),
      seconds: manifest.seconds,
      subset: manifest.subset ?? null,
    };
  }

  /** Every sample's evidence as one buffer (`encodeEvidence`), and the version of the files it was read from. */
  async evidence(): Promise<{ readonly version: string; readonly evidence: Uint8Array<ArrayBuffer> }> {
    return this.#current();
  }

  /** The rows of the table at these places; places that do not exist are left out. */
  async rows(places: readonly number[]): Promise<SampleRow[]> {
    const { fileRows } = await this.#current();
    const known = places.filter((place) => fileRows[place] !== undefined);
    const rows = await this.#reading((texts) =>
      readRows(
        texts,
        this.#file("samples.parquet"),
        known.map((place) => fileRows[place]!),
      ),
    );
    return known.flatMap((place) => {
      const row = rows.get(fileRows[place]!);
      return row === undefined ? [] : [{ place, ...row }];
    });
  }

  /** Places of the samples that hold a text; with `responses`, also of those with a response that does. */
  async search(text: string, responses: boolean): Promise<Uint32Array> {
    const { fileRows } = await this.#current();
    if (fileRows.length === 0) return new Uint32Array();
    const found = await this.#reading((texts) =>
      searchRows(texts, this.#file("samples.parquet"), text, responses ? this.#rollouts(texts) : undefined),
    );
    return toPlaces(fileRows, found);
  }

  /** Everything on one sample; `undefined` when the run does not know it. `whole`: no text is cut. */
  async sample(id: string, whole: boolean): Promise<SamplePage | undefined> {
    const { table, setAside, fileRows } = await this.#current();
    const found = await this.sampleRollouts(id);
    const place = findId(table, id);
    if (found === undefined || place < 0) return undefined;
    return this.#reading(async (texts) =>
      buildSamplePage(texts, {
        path: this.#file("samples.parquet"),
        fileRow: fileRows[place]!,
        place,
        setAside: setAside.get(id) ?? null,
        decisions: existsSync(this.#file("decisions.parquet")) ? this.#file("decisions.parquet") : undefined,
        rollouts: found.rollouts,
        attention: await this.#attention(texts).read(found.manifest.settings.image, id),
        whole,
      }),
    );
  }

  /** A sample's entry and its rollouts; `undefined` when the run does not know it. */
  async sampleRollouts(id: string): Promise<SampleRollouts | undefined> {
    const { table, fileRows, manifest } = await this.#current();
    const place = findId(table, id);
    if (place < 0) return undefined;
    return this.#reading(async (texts) => {
      const [entry] = await readSampleEntries(texts, this.#file("samples.parquet"), fileRows[place]!);
      if (entry === undefined) return undefined;
      const list: GradedRollout[] = [];
      for await (const one of this.#rollouts(texts).readGraded(manifest.settings, id)) list.push(one);
      const rollouts = list.filter(({ rollout }) => rollout.index < manifest.config.sampling.rollouts);
      return { manifest, entry, rollouts };
    });
  }

  /** A sample with its images, from the dataset itself. */
  async readSample(entry: SampleEntry): Promise<Sample> {
    const { manifest } = await this.#current();
    const { fingerprint } = manifest.dataset;
    if (this.#dataset?.fingerprint !== fingerprint) {
      await this.#dataset?.samples[Symbol.asyncDispose]();
      this.#dataset = { fingerprint, samples: new DatasetSamples(manifest) };
    }
    return this.#dataset.samples.read(entry);
  }

  /** Measures a response again, where that is possible. */
  async scoreTokens(sample: Sample, rollout: Rollout): Promise<TokenScoresView> {
    const { manifest } = await this.#current();
    this.#scorer ??= openRunTokenScorer(manifest);
    return this.#scorer.score(sample, rollout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#loading, this.#waiting]);
    this.#databases.evidence[Symbol.dispose]();
    this.#databases.texts[Symbol.dispose]();
    await this.#dataset?.samples[Symbol.asyncDispose]();
    await this.#scorer?.[Symbol.asyncDispose]();
    await rm(this.#spill, { recursive: true, force: true });
  }

  /** The newest snapshot, read again when the run's files changed; one reading at a time. */
  #current(): Promise<Snapshot> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** While a run goes on, what was read serves for a few times as long as reading it took. */
  async #load(): Promise<Snapshot> {
    const version = await nameVersion(this.path);
    const before = this.#snapshot;
    if (before?.version === version) return before;
    const started = performance.now();
    if (before !== undefined && started < before.staleAt) return before;
    const read = await readWhileChanging(() => this.#read());
    const now = performance.now();
    this.#snapshot = { ...read, version, staleAt: now + REST * (now - started) };
    return this.#snapshot;
  }

  async #read(): Promise<Omit<Snapshot, "version" | "staleAt">> {
    const manifest = await readRunManifest(this.path);
    const database = this.#databases.evidence;
    const { name, sets } = psiOptionSets(manifest.selection.psi);
    const tables = {
      path: this.path,
      database,
      rollouts: this.#rollouts(database),
      attention: this.#attention(database),
      reading: "growing" as const,
    };
    const source = { tables, manifest, path: this.#file("samples.parquet") };
    const { table, ...read } = await readEvidence(source, [...new Set([name, ...Object.keys(sets)])]);
    const evidence = encodeEvidence(table);
    return { ...read, manifest, evidence, table: decodeEvidence(evidence.buffer) };
  }

  async #countRejected(version: string): Promise<number> {
    if (this.#rejected?.version !== version) {
      this.#rejected = { version, rows: await countLines(this.#file("rejected.jsonl")) };
    }
    return this.#rejected.rows;
  }

  #file(name: string): string {
    return join(this.path, name);
  }

  #rollouts(database: Database): RolloutTable {
    return new RolloutTable(database, this.path, "growing");
  }

  #attention(database: Database): AttentionTable {
    return new AttentionTable(database, this.path, "growing");
  }

  /** One query of the texts at a time: a connection streams one result. */
  #reading<T>(read: (texts: Database) => Promise<T>): Promise<T> {
    const turn = this.#waiting.then(() => readWhileChanging(() => read(this.#databases.texts)));
    this.#waiting = turn.catch(() => {});
    return turn;
  }
}

async function readRunManifest(directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  if (manifest !== undefined) return manifest;
  throw new WinnowError("run", `${directory} is not a run directory: it holds no run.json. \`winnow run\` makes one.`);
}

/** Places of rows of `samples.parquet`; rows without one are left out. Both rise. */
function toPlaces(fileRows: Uint32Array, rows: Uint32Array): Uint32Array {
  const places: number[] = [];
  let place = 0;
  for (const row of rows.toSorted()) {
    while (fileRows[place]! < row) place += 1;
    if (fileRows[place] === row) places.push(place);
  }
  return Uint32Array.from(places);
}

async function countLines(path: string): Promise<number> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  return bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
}
