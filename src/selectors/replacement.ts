import { difficulty } from "../estimators/index.ts";
import type { Evidence } from "../records.ts";
import { isAttentionBiased } from "./ace-gate.ts";
import { type Rules, resolveShare } from "./rules.ts";
import type { Want } from "./selector.ts";
import type { Sifted } from "./sift.ts";
import { rolloutsToSettle, textVerdict } from "./text-arm.ts";

/** What DRM does to the kept samples; samples are named by their place in the evidence. */
export interface Replacement {
  /** Easy sample and the one that takes its place, hardest first. */
  readonly pairs: readonly { readonly easy: number; readonly hard: number }[];
  /** Easy samples that should have been replaced, and stay because no candidate is left. */
  readonly unreplaced: ReadonlySet<number>;
  /** Candidates that follow those of the pairs, as many as a budget beyond the kept has room for. */
  readonly further: readonly number[];
  /** What the candidates whose turn it is still need before they can be admitted or not. */
  readonly wants: readonly Want[];
}

/**
 * DRM, the difficulty-aware replacement module: easy kept samples make room for hard ones.
 *
 *     S_hard = top-k by D_diff of { x : 1/M ≤ D_diff(x) < 1, not attention biased, not kept }
 *
 * k: the number of easy kept ones (D_diff = 0), or what `replace` asks for; with `guard` a
 * candidate must have c₀ < c₁. Ties, and which easy ones go first, by the seeded hash.
 * Source: RAP, arXiv 2506.04755, difficulty-aware replacement module.
 */
export function replaceEasy(
  evidence: readonly Evidence[],
  sifted: Sifted,
  rules: Rules,
  budget: number | undefined,
): Replacement {
  const { tieOrder, options } = rules;
  if (options.without.includes("drm")) return { pairs: [], unreplaced: new Set(), further: [], wants: [] };
  const kept = placesWhere(evidence, (_, i) => sifted.standings[i] === "kept");
  const easy = [
    ...tieOrder(
      kept.filter((i) => evidence[i]!.image.correct === evidence[i]!.m),
      (i) => evidence[i]!.sampleId,
      [],
    ),
  ];
  const k = options.replace === "all" ? easy.length : Math.min(easy.length, resolveShare(options.replace, easy.length));
  const wanted = k + Math.max(0, (budget ?? 0) - kept.length);
  const { admitted, wants } = admitCandidates(evidence, sifted, rules, wanted);
  const hard = admitted.slice(0, k);
  return {
    pairs: hard.map((candidate, i) => ({ easy: easy[i]!, hard: candidate })),
    unreplaced: new Set(easy.slice(hard.length, k)),
    further: admitted.slice(k),
    wants,
  };
}

/** Goes through the candidates in rank order until `wanted` are admitted or may yet be. */
function admitCandidates(
  evidence: readonly Evidence[],
  sifted: Sifted,
  rules: Rules,
  wanted: number,
): { admitted: number[]; wants: Want[] } {
  const admitted: number[] = [];
  const wants: Want[] = [];
  if (wanted === 0) return { admitted, wants };
  for (const candidate of rankCandidates(evidence, sifted, rules)) {
    const verdict = judgeCandidate(evidence[candidate]!, sifted.logPsi[candidate], sifted, rules);
    if (verdict === "admitted") admitted.push(candidate);
    else if (verdict !== "rejected") wants.push({ place: candidate, ...verdict });
    if (admitted.length + wants.length === wanted) break;
  }
  return { admitted, wants };
}

/** Samples of 1/M ≤ D_diff < 1 that CDE rejected, hardest first, ties by the seeded hash. */
function rankCandidates(evidence: readonly Evidence[], sifted: Sifted, rules: Rules): Iterable<number> {
  const candidates = placesWhere(
    evidence,
    ({ image, m }, i) => sifted.standings[i] === "failed" && image.correct >= 1 && image.correct < m,
  );
  const hardness = (i: number): number => difficulty(evidence[i]!.image.correct, evidence[i]!.m);
  return rules.tieOrder(candidates, (i) => evidence[i]!.sampleId, [hardness]);
}

/** The guard comes before ACE: attention is not read for a sample that the text arm turns away. */
function judgeCandidate(
  { m, image, text }: Evidence,
  logPsi: number | undefined,
  sifted: Sifted,
  rules: Rules,
): "admitted" | "rejected" | Omit<Want, "place"> {
  if (rules.options.guard) {
    const cap = image.correct - 1;
    const verdict = textVerdict(text, m, cap);
    if (verdict === "failed") return "rejected";
    if (verdict === "open") return { what: "text", rollouts: rolloutsToSettle(text, m, cap) };
  }
  if (!sifted.aceRuns) return "admitted";
  if (logPsi === undefined) return { what: "attention", rollouts: 0 };
  return isAttentionBiased(logPsi, sifted.logLambdaA) ? "rejected" : "admitted";
}

function placesWhere<T>(items: readonly T[], holds: (item: T, place: number) => boolean): number[] {
  const places: number[] = [];
  for (const [place, item] of items.entries()) if (holds(item, place)) places.push(place);
  return places;
}
