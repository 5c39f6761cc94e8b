import type { SelectionOptions } from "../config.ts";
import { chanceFactor, countsKey, requiredGain } from "../estimators/index.ts";
import { remember } from "../lib/remember.ts";
import type { Evidence, Score } from "../records.ts";
import { isAttentionBiased } from "./ace-gate.ts";
import type { Outcome } from "./choose.ts";
import type { Rules } from "./rules.ts";

/** One sentence with the numbers of one decision; `other`: id of its counterpart, if it has one. */
export type Explain = (evidence: Evidence, place: number, score: Score, other: string | undefined) => string;

/** Explains the decisions of one outcome to people. */
export function newExplainer(rules: Rules, outcome: Outcome): Explain {
  const { options } = rules;
  const describeGate = newGateDescription(rules);

  return (evidence, place, score, other) => {
    const { m, image } = evidence;
    const standing = outcome.sifted.standings[place]!;
    const reason = outcome.reasons[place]!;
    if (evidence.ungradable !== undefined) return `The ground truth cannot be graded: ${evidence.ungradable}`;
    if (standing === "unsampled") return `Only ${image.taken} of ${m} rollouts with the image were taken.`;
    if (standing === "undecided") return `Too few rollouts without the image to decide (${describeCounts(evidence)}).`;
    const gate = describeGate(evidence, standing !== "failed");
    if (standing === "unattended") return `${gate}, but its attention was not measured.`;
    const attention = describeAttention(place, score, options, outcome);
    const hard = `D_diff = ${score.difficulty?.toFixed(2)}`;
    switch (reason) {
      case "language-prior-biased":
      case "not-admitted":
        return `${gate}.`;
      case "easy-replaced":
        return `Easy: right in all ${m} rollouts with the image; its place went to the harder ${other}.`;
      case "replacement":
        return `${hard}: takes the place of the easy ${other}; ${gate}; ${attention}.`;
      case "budget-fill":
        return `${hard}: fills the budget of ${describeAmount(options.budget)}; ${gate}; ${attention}.`;
      case "over-budget":
        return other === undefined
          ? `${gate}, but ranks beyond the budget of ${describeAmount(options.budget)}.`
          : `${hard}: would have taken the place of the easy ${other}, but ranks beyond the budget of ${describeAmount(options.budget)}.`;
      case "kept":
        return outcome.unreplaced.has(place)
          ? `${gate}; ${attention}; easy, but no candidate was left to take its place.`
          : `${gate}; ${attention}.`;
      default:
        return `${gate}; ${attention}.`;
    }
  };
}

/** CDE's verdict in numbers; where the text arm stopped early, the bound that settles it. */
function newGateDescription({ options, gainProbability }: Rules): (evidence: Evidence, passed: boolean) => string {
  const passing = new Map<number, string>();
  const failing = new Map<number, string>();
  const describe = (evidence: Evidence, passed: boolean): string => {
    if (options.without.includes("cde")) return `CDE left out: ${passed ? "" : "not "}in the seeded draw in its place`;
    const { m, image, text, options: choices } = evidence;
    const exact = text.taken === m;
    const worst = passed ? text.correct + m - text.taken : text.correct;
    const relation = exact ? "=" : passed ? "≥" : "≤";
    if (options.gate === "difference") {
      const factor = options.preset === "robust" ? chanceFactor(choices) : 1;
      const name = factor < 1 ? "D / (1 − 1/q)" : "D";
      const d = (image.correct - worst) / m / factor;
      return `${name} ${relation} ${d.toFixed(2)}, ${passed ? "above" : "not above"} λ_c = ${options.lambdaC}`;
    }
    const gain = requiredGain(options, choices);
    const probability = gainProbability(m, gain)(image.correct, worst, m);
    return (
      `P(p₁ − p₀ > ${round(gain)}) ${relation} ${probability.toFixed(2)}, ` +
      `${passed ? "at least" : "below"} the confidence of ${options.confidence}`
    );
  };
  return (evidence, passed) => {
    const { m, image, text, options: choices } = evidence;
    const key = countsKey(m, image.correct, text.correct, text.taken, choices ?? 0);
    return remember(
      passed ? passing : failing,
      key,
      () => `${describe(evidence, passed)} (${describeCounts(evidence)})`,
    );
  };
}

function describeCounts({ m, image, text }: Evidence): string {
  const withImage = `${image.correct} of ${m} right with the image`;
  if (text.taken === 0) return `${withImage}; the text arm was not needed`;
  return `${withImage}, ${text.correct} of ${text.taken} without`;
}

function describeAttention(place: number, score: Score, options: SelectionOptions, { sifted }: Outcome): string {
  if (!sifted.aceRuns) return "attention was not available, so ACE did not run";
  if (score.psi === undefined) return "its attention was not needed";
  const above = isAttentionBiased(sifted.logPsi[place]!, sifted.logLambdaA);
  const threshold =
    typeof options.lambdaA === "number"
      ? `λ_a = ${options.lambdaA}`
      : `λ_a = ${Math.exp(sifted.logLambdaA).toPrecision(3)} (q${round(options.lambdaA.quantile * 100)})`;
  return `ψ = ${score.psi.toPrecision(3)}, ${above ? "above" : "not above"} ${threshold}`;
}

function describeAmount(amount: SelectionOptions["budget"]): string {
  return typeof amount === "object" ? `${round(amount.share * 100)}%` : `${amount}`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(6)));
}
