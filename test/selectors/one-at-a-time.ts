import type { SelectionOptions } from "../../src/config.ts";
import { medianLogPsi, newGainProbability } from "../../src/estimators/index.ts";
import { hashText } from "../../src/lib/hash-text.ts";
import type { Truth } from "./simulated-run.ts";

/** What asking for one rollout, and one sample's attention, at a time takes, and what it selects. */
export interface OneAtATime {
  readonly text: ReadonlyMap<string, number>;
  readonly attended: ReadonlySet<string>;
  readonly selected: ReadonlySet<string>;
}

/**
 * RAP written down as a person would carry it out, sample by sample, stopping after every single
 * rollout to see whether the verdict is settled. The yardstick of the lazy protocol: slow, and
 * sharing none of the selectors' code.
 */
export function selectOneAtATime(
  truths: readonly Truth[],
  options: SelectionOptions,
  attentionAvailable: boolean,
): OneAtATime {
  const text = new Map<string, number>();
  const attended = new Set<string>();
  const right = (verdicts: readonly boolean[]): number => verdicts.filter(Boolean).length;
  const c1 = (truth: Truth): number => right(truth.image);

  const settle = (truth: Truth, holds: (c0: number) => boolean): boolean => {
    for (let taken = text.get(truth.sampleId) ?? 0; ; taken++) {
      text.set(truth.sampleId, taken);
      const c0 = right(truth.text.slice(0, taken));
      const [best, worst] = [holds(c0), holds(c0 + truth.m - taken)];
      if (best === worst) return best;
    }
  };
  const passesCde = (truth: Truth, c0: number): boolean => {
    const factor = options.preset === "robust" && truth.options !== undefined ? 1 - 1 / truth.options : 1;
    if (options.gate === "difference") return (c1(truth) - c0) / truth.m / factor > options.lambdaC + 1e-9;
    const probability = newGainProbability(truth.m, options.minGain * factor);
    return probability(c1(truth), c0, truth.m) >= options.confidence - 1e-9;
  };
  const psi = (truth: Truth): number => {
    attended.add(truth.sampleId);
    return medianLogPsi(truth.logPsi)!;
  };
  const first = (a: Truth, b: Truth): number => {
    const hash = (truth: Truth): string => hashText(`${options.seed} ${truth.sampleId}`, 12);
    return hash(a) < hash(b) ? -1 : 1;
  };

  const usable = truths.filter((truth) => truth.ungradable === undefined);
  const survivors = usable.filter((truth) => settle(truth, (c0) => passesCde(truth, c0)));
  const rejected = usable.filter((truth) => !survivors.includes(truth));
  const threshold = attentionAvailable ? findThreshold(survivors.map(psi), options.lambdaA) : Infinity;
  const biased = (truth: Truth): boolean => attentionAvailable && psi(truth) > threshold + 1e-9;
  const kept = survivors.filter((truth) => !biased(truth));

  const easy = kept.filter((truth) => c1(truth) === truth.m).sort(first);
  const asked = options.replace;
  const k =
    asked === "all"
      ? easy.length
      : Math.min(easy.length, typeof asked === "number" ? asked : Math.round(asked.share * easy.length));
  const { budget } = options;
  const size = budget === undefined || typeof budget === "number" ? budget : Math.round(budget.share * usable.length);
  const wanted = k + Math.max(0, (size ?? 0) - kept.length);
  const candidates = rejected
    .filter((truth) => c1(truth) > 0 && c1(truth) < truth.m)
    .sort((a, b) => c1(a) / a.m - c1(b) / b.m || first(a, b));
  const found: Truth[] = [];
  for (const candidate of candidates) {
    if (found.length === wanted) break;
    if (options.guard && !settle(candidate, (c0) => c0 < c1(candidate))) continue;
    if (!biased(candidate)) found.push(candidate);
  }

  const replaced = new Set(easy.slice(0, Math.min(k, found.length)));
  const staying = kept.filter((truth) => !replaced.has(truth));
  const d = (truth: Truth): number => {
    text.set(truth.sampleId, truth.m);
    return (c1(truth) - right(truth.text)) / truth.m;
  };
  const line = [...staying, ...found.slice(0, size === undefined ? k : undefined)];
  if (size !== undefined && staying.length > size) {
    line.splice(0, Infinity, ...staying.sort((a, b) => d(b) - d(a) || c1(a) / a.m - c1(b) / b.m || first(a, b)));
    for (const truth of staying) d(truth);
  }
  return { text, attended, selected: new Set(line.slice(0, size).map((truth) => truth.sampleId)) };
}

function findThreshold(survivors: readonly number[], lambdaA: SelectionOptions["lambdaA"]): number {
  if (typeof lambdaA === "number") return Math.log(lambdaA);
  const values = [...survivors].sort((a, b) => (a < b ? -1 : 1));
  const enough = values.filter((_, i) => i + 1 >= lambdaA.quantile * values.length - 1e-9);
  return enough[0] ?? Infinity;
}
