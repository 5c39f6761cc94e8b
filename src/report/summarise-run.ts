import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { psiOptionSets } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { Arm, Sweep } from "../records.ts";
import { AttentionTable } from "../runs/attention-table.ts";
import { type Database, openDatabase, sqlText } from "../runs/database.ts";
import { type Manifest, readManifest, type WrittenControl } from "../runs/manifest.ts";
import { RolloutTable, type RolloutTotals } from "../runs/rollout-table.ts";
import { type AttentionFigures, countAttention } from "./count-attention.ts";
import { type Composition, countComposition } from "./count-composition.ts";
import { countDecisions, type DecisionCell } from "./count-decisions.ts";
import { type Distributions, distribute } from "./distributions.ts";
import { listSetAside, type SetAside } from "./list-set-aside.ts";
import { estimateWastedGroups, type WastedGroups } from "./wasted-groups.ts";

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
    /** With the image masked in part. */
    readonly masked: number;
    readonly truncated: number;
    /** Of the rollouts whose tokens were counted; `null` when none were. */
    readonly responseTokens: number | null;
    readonly promptTokens: number | null;
    /** Imported rollouts whose log does not say how many tokens they have. */
    readonly uncounted: number;
    /** Tokens the saved rollouts would have come to, at the mean of those taken; `null` where that is unknown. */
    readonly savedTokens: number | null;
    readonly byArm: Readonly<Record<Arm, RolloutTotals>>;
  };
  /** Responses whose attention was read over other tokens than the sampled ones. */
  readonly tokenMismatches: number;
  /** Samples whose attention was measured. */
  readonly attended: number;
  readonly aceRan: boolean;
  /** Share of the selected samples that a re-run would select again, from a bootstrap; in [0, 1]. */
  readonly stability: number | null;
  /** Mean numbers of decisions that a re-run would turn around: selected samples dropped, others taken in. */
  readonly flips: { readonly runs: number; readonly dropped: number; readonly joined: number } | null;
  /** What other thresholds would keep; `null` until the run is done. */
  readonly sensitivity: { readonly cde: Sweep; readonly ace?: Sweep } | null;
  /** When nothing or everything is selected: which gate did it. */
  readonly extreme: string | null;
  /** Wall time by stage. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Path of the subset: its file, or its folder when it has several; `null` when there is none. */
  readonly subset: string | null;
  /** The random subset to compare it with, and how it is made up; `null` when there is none. */
  readonly control: (WrittenControl & { readonly path: string }) | null;
  readonly scores: string | null;
  readonly decisions: string | null;
  readonly dataset: string;
  readonly model: string;
  readonly method: string;
  readonly preset: string;
  /** CDE's condition and ACE's, in words; λ_c where it decides. */
  readonly gates: { readonly cde: string; readonly ace: string; readonly lambdaC: number | null };
  readonly winnow: string;
  readonly distributions: Distributions;
  readonly wastedGroups: readonly WastedGroups[];
  /** `null` where no decision rests on attention. */
  readonly attention: AttentionFigures | null;
  /** `null` before there are decisions. */
  readonly composition: Composition | null;
  readonly setAside: SetAside;
  /** `run.json`: what was asked, of which dataset and model, with which versions and seed. */
  readonly manifest: Manifest;
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
  const rollouts = new RolloutTable(database, directory);
  const attention = new AttentionTable(database, directory);
  const samples = await countSamples(database, directory);
  const cells = await countDecisions(database, directory);
  const setAside = await listSetAside(database, directory);
  const byArm = await rollouts.totals(manifest.settings, manifest.config.sampling.rollouts);
  const refused = setAside.rejected.find(({ code }) => code === "refused")?.rows ?? 0;
  const gradable = samples.usable - refused - samples.ungradable;
  const usable = samples.usable - refused;
  const measured = {
    attention: await attention.query(),
    rollouts: await rollouts.query(),
    settings: manifest.settings.image,
    psiName: psiOptionSets(manifest.selection.psi).name,
    lambdaA: manifest.outcome?.sensitivity?.ace?.chosen,
  };
  const { stability, sensitivity, extreme } = manifest.outcome ?? {};
  const decisions = await countGates(database, directory, manifest.attention !== undefined);
  return {
    run: resolve(directory),
    state: manifest.state,
    samples: usable,
    duplicates: samples.rows - samples.usable,
    rejected: setAside.rejected.reduce((sum, { rows }) => sum + rows, 0),
    ungradable: samples.ungradable,
    ...decisions,
    share: usable === 0 ? 0 : decisions.selected / usable,
    reasons: countReasons(cells),
    rollouts: { ...addUpRollouts(byArm, manifest, gradable), masked: await countMasked(rollouts, manifest) },
    attended: await attention.countSamples(manifest.settings.image),
    tokenMismatches: await attention.countMismatches(manifest.settings.image),
    aceRan: manifest.attention !== undefined,
    stability: stability?.share ?? null,
    flips:
      stability === undefined
        ? null
        : { runs: stability.runs, dropped: stability.flips, joined: stability.joined ?? 0 },
    sensitivity: sensitivity ?? null,
    extreme: extreme ?? null,
    seconds: manifest.seconds,
    subset: findSubset(directory, manifest),
    control: findControl(directory, manifest),
    scores: existing(join(directory, "scores.parquet")),
    decisions: existing(join(directory, "decisions.parquet")),
    dataset: manifest.dataset.path,
    model: manifest.model.name,
    // Runs of an older Winnow know no other method.
    method: manifest.selection.method ?? "rap",
    preset: manifest.selection.preset,
    gates: describeGates(manifest),
    winnow: manifest.winnow,
    distributions: distribute(cells),
    wastedGroups: estimateWastedGroups(cells),
    attention: (await countAttention(database, directory, measured)) ?? null,
    composition: (await countComposition(database, directory, measured.rollouts, measured.settings)) ?? null,
    setAside,
    manifest,
  };
}

/** `gradable`: samples that both arms could be asked of. */
function addUpRollouts(
  byArm: Readonly<Record<Arm, RolloutTotals>>,
  { state, config }: Manifest,
  gradable: number,
): Omit<RunSummary["rollouts"], "masked"> {
  const { image, text } = byArm;
  const full = 2 * config.sampling.rollouts * gradable;
  const saved = state === "done" ? Math.max(0, full - image.rollouts - text.rollouts) : 0;
  return {
    image: image.rollouts,
    text: text.rollouts,
    saved,
    truncated: image.truncated + text.truncated,
    promptTokens: addKnown(image.promptTokens, text.promptTokens),
    responseTokens: addKnown(image.responseTokens, text.responseTokens),
    uncounted: image.uncounted + text.uncounted,
    savedTokens: estimateTokens(saved, text) ?? estimateTokens(saved, image),
    byArm,
  };
}

/** Rollouts of the arms whose images were masked in part. */
async function countMasked(rollouts: RolloutTable, { settings, masked = [], config }: Manifest): Promise<number> {
  let count = 0;
  for (const mask of masked) {
    const { text } = await rollouts.totals({ image: settings.image, text: mask.settings }, config.sampling.rollouts);
    count += text.rollouts;
  }
  return count;
}

/** Tokens of so many rollouts like those of an arm; `null` where its tokens were not counted. */
function estimateTokens(many: number, arm: RolloutTotals): number | null {
  const counted = arm.rollouts - arm.uncounted;
  const tokens = addKnown(arm.promptTokens, arm.responseTokens);
  return counted === 0 || tokens === null ? null : Math.round((many * tokens) / counted);
}

function addKnown(a: number | undefined, b: number | undefined): number | null {
  return a === undefined && b === undefined ? null : (a ?? 0) + (b ?? 0);
}

function countReasons(cells: readonly DecisionCell[]): Readonly<Record<string, number>> {
  const reasons: Record<string, number> = {};
  for (const { reason, samples } of cells) reasons[reason] = (reasons[reason] ?? 0) + samples;
  return Object.fromEntries(Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1)));
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

type GateCounts = Pick<RunSummary, "passedCde" | "passedAce" | "easy" | "easyReplaced" | "selected">;

async function countGates(database: Database, directory: string, aceRan: boolean): Promise<GateCounts> {
  const passed = aceRan ? "passed_ace" : "passed_cde";
  const path = join(directory, "decisions.parquet");
  if (!existsSync(path)) return { passedCde: 0, passedAce: 0, easy: 0, easyReplaced: 0, selected: 0 };
  const row = await database.first(
    `SELECT count(*) FILTER (passed_cde) AS "passedCde", count(*) FILTER (${passed}) AS "passedAce",
     count(*) FILTER (${passed} AND difficulty = 0) AS easy,
     count(*) FILTER (reason = 'easy-replaced') AS "easyReplaced", count(*) FILTER (selected) AS selected
     FROM ${sqlText(path)}`,
  );
  return row as unknown as GateCounts;
}

function findControl(directory: string, { control }: Manifest): RunSummary["control"] {
  const path = existing(join(directory, "control"));
  return path === null || !control ? null : { ...control, path };
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
  const { method = "rap", gate, lambdaC, lambdaA, minGain, confidence, without = [] } = selection;
  return {
    lambdaC: method === "rap" && gate === "difference" && !without.includes("cde") ? lambdaC : null,
    cde: without.includes("cde")
      ? "left out, drawn"
      : gate === "difference"
        ? `D > ${lambdaC}`
        : `P(gain > ${minGain}) ≥ ${confidence}`,
    ace: `ψ ≤ ${typeof lambdaA === "number" ? lambdaA : `q${lambdaA.quantile * 100}`}`,
  };
}
