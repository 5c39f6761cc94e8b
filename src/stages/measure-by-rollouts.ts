import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveSelection, type SelectionInput } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { readManifest } from "../runs/manifest.ts";
import { newSelector } from "../selectors/index.ts";
import { readStoredSamples, type StoredSample } from "./read-stored-samples.ts";
import { replaySelection, toEvidence } from "./replay-selection.ts";

/** How one gate, or a whole selection, does with so many rollouts an arm. Shares are in [0, 1]. */
export interface ByRollouts {
  readonly what: string;
  readonly threshold: string;
  readonly m: number;
  /** Disjoint runs of M stored rollouts the figures are means of. */
  readonly runs: number;
  /** Rollouts a gradable sample takes with the lazy protocol; with the full one it is 2·M. Absent for ACE. */
  readonly rollouts?: number;
  /** Share of the gradable samples that are kept. */
  readonly kept: number;
  /** Share of the kept samples that are wanted; absent when nothing is kept. */
  readonly precision?: number;
  /** Share of the wanted samples that are kept. */
  readonly recall: number;
  /** Share of the samples kept by one run that the next keeps too; absent with a single run. */
  readonly again?: number;
}

const SIZES = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40];
const RUNS = 4;
const LAMBDA_C = [0, 0.2, 0.4, 0.5, 0.6, 0.8];
const CONFIDENCE = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
const LAMBDA_A = [0.03, 0.1, "q50", "q90"] as const;

const gate = (more: SelectionInput): SelectionInput => ({ ...more, without: ["ace", "drm"] });

/** Gates at their thresholds, and whole selections. */
const CANDIDATES: readonly { readonly what: string; readonly threshold: string; readonly input: SelectionInput }[] = [
  ...LAMBDA_C.map((lambdaC) => ({ what: "CDE", threshold: `D > ${lambdaC}`, input: gate({ lambdaC }) })),
  ...CONFIDENCE.map((confidence) => ({
    what: "CDE, posterior",
    threshold: `P ≥ ${confidence}`,
    input: gate({ gate: "posterior", confidence }),
  })),
  { what: "RAP, paper", threshold: "", input: { without: ["ace"] } },
  { what: "RAP, guard", threshold: "", input: { without: ["ace"], guard: true } },
  { what: "RAP, robust", threshold: "", input: { without: ["ace"], preset: "robust" } },
  { what: "winnow", threshold: "10%", input: { method: "winnow" } },
];

/**
 * Precision and recall of every gate against planted cohorts, by M and threshold, from stored
 * rollouts: runs of M in a row out of those that are there stand for independent runs. `truth`: JSON
 * lines of `id` (the row's own) and `cohort`; `wanted`: the cohorts that should be kept. Throws when
 * the run does not hold both arms of every gradable sample, or the truth is not this run's.
 */
export async function measureByRollouts(
  directory: string,
  truth: string,
  wanted: readonly string[],
): Promise<readonly ByRollouts[]> {
  const manifest = await readManifest(directory);
  if (manifest === undefined || !existsSync(truth)) {
    throw new WinnowError("input", `${manifest ? truth : join(directory, "run.json")} does not exist.`);
  }
  const samples = await readStoredSamples(directory, manifest, truth, wanted);
  const available = manifest.config.sampling.rollouts;
  return SIZES.filter((m) => m <= available).flatMap((m) => {
    const runs = Array.from({ length: Math.min(RUNS, Math.floor(available / m)) }, (_, run) =>
      cut(samples, run * m, m),
    );
    return [
      ...CANDIDATES.map(({ what, threshold, input }) => ({ what, threshold, m, ...measureSelection(runs, input) })),
      ...measureAce(runs, m),
    ];
  });
}

function measureSelection(runs: readonly (readonly StoredSample[])[], input: SelectionInput): Figures {
  const selector = newSelector(resolveSelection(input, 0));
  const taken = runs.map((samples) => {
    const costs = replaySelection(samples, selector, "lazy");
    return costs.reduce((sum, cost) => sum + cost.rollouts, 0) / samples.length;
  });
  const kept = runs.map((samples) => {
    const evidence = samples.map((one) => toEvidence(one));
    return selector.choose(evidence, false).selected;
  });
  return { rollouts: mean(taken), ...judge(runs[0] as readonly StoredSample[], kept) };
}

/** ACE alone, over all samples whose attention was measured, whatever CDE says of them. */
function measureAce(runs: readonly (readonly StoredSample[])[], m: number): ByRollouts[] {
  const measured = runs.map((samples) => samples.filter(({ logPsi }) => logPsi.get("paper")?.length === m));
  if (measured.some((samples) => samples.length === 0)) return [];
  return LAMBDA_A.map((lambdaA) => {
    const preset = typeof lambdaA === "number" ? "paper" : "robust";
    const input: SelectionInput = { preset, lambdaA, without: ["cde", "drm"], budget: "100%" };
    const selector = newSelector(resolveSelection(input, 0));
    const kept = measured.map((samples) => {
      const evidence = samples.map((one) => ({
        ...toEvidence(one),
        logPsi: one.logPsi.get(preset) as readonly number[],
      }));
      return selector.choose(evidence, true).selected;
    });
    const threshold = `ψ ≤ ${lambdaA}, ${preset}`;
    return { what: "ACE", threshold, m, ...judge(measured[0] as readonly StoredSample[], kept) };
  });
}

type Figures = Omit<ByRollouts, "what" | "threshold" | "m">;

/** `samples`: the same in every run; `kept`: places among them, run by run. */
function judge(samples: readonly StoredSample[], kept: readonly ReadonlySet<number>[]): Figures {
  const right = kept.map((places) => [...places].filter((place) => samples[place]?.wanted).length);
  const sizes = kept.map((places) => places.size);
  const all = samples.filter((one) => one.wanted).length;
  const again = kept
    .slice(1)
    .map((places, i) => share([...(kept[i] ?? [])].filter((at) => places.has(at)).length, sizes[i]));
  const precision = right.map((hits, i) => share(hits, sizes[i])).filter((value) => value !== undefined);
  return {
    runs: kept.length,
    kept: mean(sizes) / samples.length,
    ...(precision.length > 0 && { precision: mean(precision) }),
    recall: all === 0 ? 0 : mean(right) / all,
    ...(again.length > 0 && { again: mean(again.map((value) => value ?? 0)) }),
  };
}

function share(part: number, whole: number | undefined): number | undefined {
  return whole === undefined || whole === 0 ? undefined : part / whole;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The rollouts `from` … `from` + M − 1 of every sample, as a run of its own. */
function cut(samples: readonly StoredSample[], from: number, m: number): StoredSample[] {
  const slice = <T>(values: readonly T[]): readonly T[] => values.slice(from, from + m);
  return samples.map((one) => ({
    ...one,
    arms: { image: slice(one.arms.image), text: slice(one.arms.text) },
    logPsi: new Map([...one.logPsi].map(([set, values]) => [set, slice(values)])),
  }));
}
