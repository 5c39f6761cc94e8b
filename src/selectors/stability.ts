import { medianLogPsi, predictiveCounts } from "../estimators/index.ts";
import { randomStream } from "../lib/random-stream.ts";
import { remember } from "../lib/remember.ts";
import type { ArmCounts, Evidence } from "../records.ts";
import type { Selector } from "./selector.ts";

/** How much of a selection would survive taking all rollouts again. */
export interface Stability {
  readonly runs: number;
  readonly selected: number;
  /** Mean number of selected samples that a re-run selects again. */
  readonly again: number;
  /** Mean number of selected samples that a re-run drops: those that flip. */
  readonly flips: number;
  /** Mean number of samples that a re-run selects instead. */
  readonly joined: number;
  /** again / selected, in [0, 1]; 1 when nothing is selected. */
  readonly share: number;
}

/**
 * Parametric bootstrap of a selection: the counts of both arms are drawn anew `runs` times
 * from their posterior predictive (Beta(1,1) priors), and the selector chooses again.
 *
 *     flips = E | S − S* |,   S* the set selected on redrawn counts
 *
 * ψ is held; where it was not measured it is drawn from the measured ones. Deterministic given
 * the seed, whatever the order of rows. Works with any selector. Ours (docs/method/uncertainty.md).
 */
export function estimateStability(
  selector: Selector,
  evidence: readonly Evidence[],
  options: { readonly attentionAvailable: boolean; readonly seed: number; readonly runs?: number },
): Stability {
  const { attentionAvailable, seed, runs = 20 } = options;
  const ordered = [...evidence].sort((a, b) => (a.sampleId < b.sampleId ? -1 : a.sampleId > b.sampleId ? 1 : 0));
  const before = selector.select(ordered, attentionAvailable).map((one) => one.selected);
  const measured = ordered.map((one) => medianLogPsi(one.logPsi)).filter((psi) => psi !== undefined);
  const redraw = newRedraw(measured, randomStream(`stability ${seed}`));
  const selected = before.filter(Boolean).length;
  let [again, joined] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const after = selector.select(ordered.map(redraw), attentionAvailable);
    for (const [i, one] of after.entries()) {
      if (one.selected && before[i]) again += 1;
      else if (one.selected) joined += 1;
    }
  }
  const meanAgain = again / runs;
  return {
    runs,
    selected,
    again: meanAgain,
    flips: selected - meanAgain,
    joined: joined / runs,
    share: selected === 0 ? 1 : meanAgain / selected,
  };
}

/** Draws the evidence of a re-run; samples that were never rolled out stay as they are. */
function newRedraw(measured: readonly number[], random: () => number): (evidence: Evidence) => Evidence {
  const known = new Map<string, Float64Array>();
  const drawArm = (m: number, { correct, taken }: ArmCounts): ArmCounts => {
    const cumulative = remember(known, `${m} ${correct} ${taken}`, () => predictiveCounts(m, correct, taken));
    const at = random();
    let drawn = 0;
    while (drawn < m && cumulative[drawn]! <= at) drawn += 1;
    return { taken: m, correct: drawn, truncated: 0 };
  };
  return (one) => {
    if (one.ungradable !== undefined || one.image.taken < one.m) return one;
    const image = drawArm(one.m, one.image);
    const text = drawArm(one.m, one.text);
    const psi = medianLogPsi(one.logPsi) ?? measured[Math.floor(random() * measured.length)];
    return { ...one, image, text, logPsi: [psi ?? Number.NEGATIVE_INFINITY] };
  };
}
