import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { WinnowError } from "../errors.ts";
import { AttentionTable } from "../runs/attention-table.ts";
import { type Database, openDatabase, sqlText } from "../runs/database.ts";
import { type Manifest, readManifest } from "../runs/manifest.ts";
import { RolloutTable } from "../runs/rollout-table.ts";

/** The numbers of a run, all of them counted from its tables. */
export interface RunSummary {
  readonly run: string;
  readonly state: Manifest["state"];
  /** Usable samples: neither rejected nor refused by the model; exact duplicates count once. */
  readonly samples: number;
  readonly duplicates: number;
  /** Rows that could not be used, those the model refused included. */
  readonly rejected: number;
  readonly ungradable: number;
  readonly passedCde: number;
  /** Where ACE did not run, as many as passed CDE. */
  readonly passedAce: number;
  /** Samples among those that every with-image rollout got right. */
  readonly easy: number;
  readonly easyReplaced: number;
  readonly selected: number;
  /** selected / samples, in [0, 1]. */
  readonly share: number;
  /** Samples by reason of their decision. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly rollouts: {
    readonly image: number;
    readonly text: number;
    /** What rolling out both arms of every gradable sample would have taken more; 0 until the run is done. */
    readonly saved: number;
    readonly truncated: number;
    /** Of the rollouts whose tokens were counted; `null` when none were. */
    readonly responseTokens: number | null;
    readonly promptTokens: number | null;
    /** Imported rollouts whose log does not say how many tokens they have. */
    readonly uncounted: number;
  };
  /** Samples whose attention was measured. */
  readonly attended: number;
  readonly aceRan: boolean;
  /** Share of the selected samples that a re-run would select again, from a bootstrap; in [0, 1]. */
  readonly stability: number | null;
  /** When nothing or everything is selected: which gate did it. */
  readonly extreme: string | null;
  /** Wall time by stage. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Path of the subset: its file, or its folder when it has several; `null` when there is none. */
  readonly subset: string | null;
  readonly scores: string | null;
  readonly decisions: string | null;
  readonly dataset: string;
  readonly model: string;
  readonly preset: string;
  /** CDE's condition and ACE's, in words. */
  readonly gates: { readonly cde: string; readonly ace: string };
  readonly winnow: string;
}

/** Counts a run's tables; works on an unfinished run too. Throws when the folder is no run. */
export async function summariseRun(directory: string): Promise<RunSummary> {
  const manifest = await readManifest(directory);
  if (manifest === undefined) {
    throw new WinnowError(
      "run",
      `${directory} is not a run directory: it holds no run.json. \`winnow run\` makes one.`,
    );
  }
  using database = await openDatabase(join(directory, "spill-report.tmp"));
  const samples = await countSamples(database, directory);
  const decisions = await countDecisions(database, directory, manifest.attention !== undefined);
  const rejected = await countRejected(directory);
  const { image, text } = await new RolloutTable(database, directory).totals(
    manifest.settings,
    manifest.config.sampling.rollouts,
  );
  const gradable = samples.usable - rejected.refused - samples.ungradable;
  const full = 2 * manifest.config.sampling.rollouts * gradable;
  const usable = samples.usable - rejected.refused;
  return {
    run: resolve(directory),
    state: manifest.state,
    samples: usable,
    duplicates: samples.rows - samples.usable,
    rejected: rejected.rows,
    ungradable: samples.ungradable,
    passedCde: decisions.passedCde,
    passedAce: decisions.passedAce,
    easy: decisions.easy,
    easyReplaced: decisions.easyReplaced,
    selected: decisions.selected,
    share: usable === 0 ? 0 : decisions.selected / usable,
    reasons: decisions.reasons,
    rollouts: {
      image: image.rollouts,
      text: text.rollouts,
      saved: manifest.state === "done" ? Math.max(0, full - image.rollouts - text.rollouts) : 0,
      truncated: image.truncated + text.truncated,
      promptTokens: addKnown(image.promptTokens, text.promptTokens),
      responseTokens: addKnown(image.responseTokens, text.responseTokens),
      uncounted: image.uncounted + text.uncounted,
    },
    attended: await new AttentionTable(database, directory).countSamples(manifest.settings.image),
    aceRan: manifest.attention !== undefined,
    stability: manifest.outcome?.stability.share ?? null,
    extreme: manifest.outcome?.extreme ?? null,
    seconds: manifest.seconds,
    subset: findSubset(directory, manifest),
    scores: existing(join(directory, "scores.parquet")),
    decisions: existing(join(directory, "decisions.parquet")),
    dataset: manifest.dataset.path,
    model: manifest.model.name,
    preset: manifest.selection.preset,
    gates: describeGates(manifest),
    winnow: manifest.winnow,
  };
}

function addKnown(a: number | undefined, b: number | undefined): number | null {
  return a === undefined && b === undefined ? null : (a ?? 0) + (b ?? 0);
}

interface SampleCounts {
  readonly rows: number;
  readonly usable: number;
  readonly ungradable: number;
}

async function countSamples(database: Database, directory: string): Promise<SampleCounts> {
  const path = join(directory, "samples.parquet");
  if (!existsSync(path)) return { rows: 0, usable: 0, ungradable: 0 };
  const row = await database.first(
    `SELECT count(*) AS rows, count(DISTINCT id) AS usable,
     count(DISTINCT id) FILTER (ungradable IS NOT NULL) AS ungradable FROM ${sqlText(path)}`,
  );
  return row as unknown as SampleCounts;
}

interface DecisionCounts {
  readonly passedCde: number;
  readonly passedAce: number;
  readonly easy: number;
  readonly easyReplaced: number;
  readonly selected: number;
  readonly reasons: Readonly<Record<string, number>>;
}

async function countDecisions(database: Database, directory: string, aceRan: boolean): Promise<DecisionCounts> {
  const passed = aceRan ? "passed_ace" : "passed_cde";
  const path = join(directory, "decisions.parquet");
  const counts = { passedCde: 0, passedAce: 0, easy: 0, easyReplaced: 0, selected: 0 };
  if (!existsSync(path)) return { ...counts, reasons: {} };
  const row = await database.first(
    `SELECT count(*) FILTER (passed_cde) AS "passedCde", count(*) FILTER (${passed}) AS "passedAce",
     count(*) FILTER (${passed} AND difficulty = 0) AS easy,
     count(*) FILTER (reason = 'easy-replaced') AS "easyReplaced", count(*) FILTER (selected) AS selected
     FROM ${sqlText(path)}`,
  );
  const reasons: Record<string, number> = {};
  for await (const one of database.rows(
    `SELECT reason, count(*) AS n FROM ${sqlText(path)} GROUP BY reason ORDER BY reason`,
  )) {
    reasons[one.reason as string] = one.n as number;
  }
  return { ...counts, ...(row as unknown as typeof counts), reasons };
}

async function countRejected(directory: string): Promise<{ readonly rows: number; readonly refused: number }> {
  const path = join(directory, "rejected.jsonl");
  if (!existsSync(path)) return { rows: 0, refused: 0 };
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  const refused = lines.filter((line) => (JSON.parse(line) as { code: string }).code === "refused").length;
  return { rows: lines.length, refused };
}

function findSubset(directory: string, manifest: Manifest): string | null {
  const folder = existing(join(directory, "subset"));
  if (folder === null || !manifest.subset) return null;
  const [only, ...others] = manifest.subset.files.filter((file) => file !== "" && !file.includes("/"));
  return only !== undefined && others.length === 0 ? join(folder, only) : folder;
}

function existing(path: string): string | null {
  return existsSync(path) ? resolve(path) : null;
}

function describeGates({ selection }: Manifest): RunSummary["gates"] {
  const { gate, lambdaC, lambdaA, minGain, confidence } = selection;
  return {
    cde: gate === "difference" ? `D > ${lambdaC}` : `P(gain > ${minGain}) ≥ ${confidence}`,
    ace: `ψ ≤ ${typeof lambdaA === "number" ? lambdaA : `q${lambdaA.quantile * 100}`}`,
  };
}
