import { medianLogPsi } from "../estimators/index.ts";
import { takeFirst } from "../lib/take-first.ts";
import type { Evidence } from "../records.ts";
import { isAttentionBiased, logLambdaA } from "./ace-gate.ts";
import { budgetSize, type Rules } from "./rules.ts";
import { textVerdict } from "./text-arm.ts";

/** How far a sample came through CDE and ACE. */
export type Standing =
  | "ungradable"
  | "unsampled" // the image arm is not complete
  | "undecided" // the text arm can still change CDE's verdict
  | "failed" // by CDE
  | "unattended" // passed CDE; ACE needs its attention
  | "biased" // by ACE
  | "kept";

/** The samples after both gates; every list has one entry per sample, in the order of the evidence. */
export interface Sifted {
  readonly standings: readonly Standing[];
  /** Median log ψ; `undefined` where attention was not measured, or ACE does not run. */
  readonly logPsi: readonly (number | undefined)[];
  readonly aceRuns: boolean;
  readonly logLambdaA: number;
}

/**
 * Puts every sample through both gates, as far as the evidence goes.
 *
 *     kept = { x : D(x) > λ_c, ψ(x) ≤ λ_a }
 */
export function sift(evidence: readonly Evidence[], rules: Rules, attentionAvailable: boolean): Sifted {
  const logPsi = evidence.map(attentionAvailable ? (one) => medianLogPsi(one.logPsi) : () => undefined);
  const judged = evidence.map((one) => judgeByCde(one, rules));
  const afterCde = rules.options.without.includes("cde") ? drawInPlaceOfCde(evidence, judged, rules) : judged;
  const survivors = logPsi.filter((psi, i) => psi !== undefined && afterCde[i] === "kept") as number[];
  const threshold = logLambdaA(rules.options.lambdaA, survivors);
  const standings = attentionAvailable
    ? afterCde.map((standing, i) => (standing === "kept" ? judgeByAce(logPsi[i], threshold) : standing))
    : afterCde;
  return { standings, logPsi, aceRuns: attentionAvailable, logLambdaA: threshold };
}

function judgeByCde(evidence: Evidence, rules: Rules): Standing {
  if (evidence.ungradable !== undefined) return "ungradable";
  if (evidence.image.taken < evidence.m) return "unsampled";
  const verdict = textVerdict(evidence.text, evidence.m, rules.cdeCap(evidence));
  return verdict === "passed" ? "kept" : verdict === "failed" ? "failed" : "undecided";
}

/**
 * Without CDE: a seeded draw of as many samples as the budget asks for, or else as CDE would have
 * kept, so that the size stays and the choice goes. Its verdicts stand until the count is known.
 */
function drawInPlaceOfCde(evidence: readonly Evidence[], judged: readonly Standing[], rules: Rules): Standing[] {
  const budget = budgetSize(evidence, rules);
  if (budget === undefined && judged.includes("undecided")) return [...judged];
  const size = budget ?? judged.filter((standing) => standing === "kept").length;
  const sampled = [...judged.keys()].filter((i) => judged[i] !== "ungradable" && judged[i] !== "unsampled");
  const drawn = new Set(
    takeFirst(
      rules.tieOrder(sampled, (i) => evidence[i]!.sampleId, []),
      size,
    ),
  );
  return judged.map((standing, i) =>
    standing === "ungradable" || standing === "unsampled" ? standing : drawn.has(i) ? "kept" : "failed",
  );
}

function judgeByAce(logPsi: number | undefined, threshold: number): Standing {
  if (logPsi === undefined) return "unattended";
  return isAttentionBiased(logPsi, threshold) ? "biased" : "kept";
}
