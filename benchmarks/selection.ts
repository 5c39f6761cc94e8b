import { resolveSelection, type SelectionInput } from "../src/config.ts";
import { randomStream } from "../src/lib/random-stream.ts";
import type { ArmCounts, Evidence } from "../src/records.ts";
import { estimateStability, newSelector } from "../src/selectors/index.ts";

/** Seconds of the pure part of a selection (nothing read, nothing written), by preset. */
export interface SelectionFigures {
  readonly samples: number;
  readonly rollouts: number;
  readonly presets: Readonly<Record<"paper" | "robust", PresetFigures>>;
  /** Largest resident set size of the process so far, in megabytes (10⁶). */
  readonly peakMegabytes: number;
}

export interface PresetFigures {
  /** The dearest wave of the lazy protocol: every arm complete, replacements still to be found. */
  readonly plan: number;
  /** Scores, decisions and explanations of all samples. */
  readonly select: number;
  /** Bootstrap of 10 re-runs. */
  readonly stability: number;
  readonly selected: number;
}

const M = 5;

/** Scores and selects `samples` × 2·M rollouts from counts of right answers and ψ. */
export async function benchmarkSelection(samples = 55_000): Promise<SelectionFigures> {
  const evidence = makeEvidence(samples);
  return {
    samples,
    rollouts: samples * 2 * M,
    presets: { paper: measure({ preset: "paper" }, evidence), robust: measure({ preset: "robust" }, evidence) },
    peakMegabytes: process.resourceUsage().maxRSS / 1000,
  };
}

function measure(input: SelectionInput, evidence: readonly Evidence[]): PresetFigures {
  const selector = newSelector(resolveSelection(input, 0));
  const unattended = evidence.map((one) => (one.image.correct - one.text.correct > 0 ? one : withoutPsi(one)));
  const plan = time(() => selector.plan(unattended, "lazy", true));
  const select = time(() => selector.select(evidence, true));
  const stability = time(() => estimateStability(selector, evidence, { attentionAvailable: true, seed: 0 }));
  const selected = select.result.filter((one) => one.selected).length;
  return { plan: plan.seconds, select: select.seconds, stability: stability.seconds, selected };
}

function time<T>(work: () => T): { readonly result: T; readonly seconds: number } {
  const started = performance.now();
  const result = work();
  return { result, seconds: (performance.now() - started) / 1000 };
}

/** Complete arms of samples whose pass rates spread over [0, 1]; two in five are answered from the text. */
function makeEvidence(samples: number): Evidence[] {
  const random = randomStream("benchmark of selection");
  return Array.from({ length: samples }, (_, i) => {
    const p1 = random() ** 0.5;
    const p0 = random() < 0.4 ? p1 : 0.3 * random();
    return {
      sampleId: `sample-${i}`,
      m: M,
      image: drawArm(p1, random),
      text: drawArm(p0, random),
      logPsi: Array.from({ length: M }, () => Math.log(0.12 * random())),
    };
  });
}

function drawArm(p: number, random: () => number): ArmCounts {
  let correct = 0;
  for (let i = 0; i < M; i++) if (random() < p) correct += 1;
  return { taken: M, correct, truncated: 0 };
}

function withoutPsi({ logPsi: _, ...rest }: Evidence): Evidence {
  return rest;
}
