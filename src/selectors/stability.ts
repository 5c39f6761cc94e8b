import { countsKey, medianLogPsi, predictiveCounts } from "../estimators/index.ts";
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
  const { attentionAvailable, seed, runs = 10 } = options;
  const ordered = [...evidence].sort((a, b) => (a.sampleId < b.sampleId ? -1 : a.sampleId > b.sampleId ? 1 : 0));
  const before = selector.choose(ordered, attentionAvailable).selected;
  const redraw = newRedraw(ordered, randomStream(`stability ${seed}`));
  const selected = before.size;
  let [again, joined] = [0, 0];
  for (let run = 0; run < runs; run++) {
    for (const place of selector.choose(redraw(), attentionAvailable).selected) {
      if (before.has(place)) again += 1;
      else joined += 1;
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

/** Draws the evidence of a re-run, into the same records each time; samples never rolled out stay as they are. */
function newRedraw(evidence: readonly Evidence[], random: () => number): () => readonly Evidence[] {
  const measured = evidence.map((one) => medianLogPsi(one.logPsi)).filter((psi) => psi !== undefined);
  const known = new Map<number, Float64Array>();
  const draw = (m: number, { correct, taken }: ArmCounts): number => {
    const key = countsKey(m, correct, taken);
    const cumulative = remember(known, key, () => predictiveCounts(m, correct, taken));
    const at = random();
    let drawn = 0;
    while (drawn < m && cumulative[drawn]! <= at) drawn += 1;
    return drawn;
  };
  const drafts = evidence.map((one) => {
    const psi = medianLogPsi(one.logPsi);
    const image = { taken: one.m, correct: 0, truncated: 0 };
    const text = { taken: one.m, correct: 0, truncated: 0 };
    const logPsi = [psi ?? Number.NEGATIVE_INFINITY];
    const fixed = one.ungradable !== undefined || one.image.taken < one.m;
    return { one, image, text, logPsi, drawsPsi: psi === undefined, fixed, draft: { ...one, image, text, logPsi } };
  });
  const drawn = drafts.map(({ one, fixed, draft }) => (fixed ? one : draft));
  return () => {
    for (const { one, image, text, logPsi, drawsPsi, fixed } of drafts) {
      if (fixed) continue;
      image.correct = draw(one.m, one.image);
      text.correct = draw(one.m, one.text);
      if (drawsPsi && measured.length > 0) logPsi[0] = measured[Math.floor(random() * measured.length)]!;
    }
    return drawn;
  };
}
