import type { Evidence } from "../../../src/records.ts";
import type { Choice } from "../../../src/selectors/selector.ts";
import type { Sifted } from "../../../src/selectors/sift.ts";

/** How many samples came how far. */
export interface FunnelCounts {
  readonly samples: number;
  /** Absent for methods without RAP's gates. */
  readonly gates?: GateCounts;
  readonly easyReplaced: number;
  readonly incomplete: number;
  readonly ungradable: number;
  readonly selected: number;
}

export interface GateCounts {
  readonly passedCde: number;
  /** As many as passed CDE where ACE does not run. */
  readonly passedAce: number;
  readonly aceRuns: boolean;
  /** Easy ones (all M right with the image) among those that came through both gates. */
  readonly easy: number;
}

/** Counts a selection of the evidence. */
export function countFunnel(
  evidence: readonly Evidence[],
  { reasons, selected, sifted }: Pick<Choice, "reasons" | "selected" | "sifted">,
): FunnelCounts {
  let [easyReplaced, incomplete, ungradable] = [0, 0, 0];
  for (const reason of reasons) {
    if (reason === "easy-replaced") easyReplaced += 1;
    else if (reason === "incomplete") incomplete += 1;
    else if (reason === "ungradable") ungradable += 1;
  }
  return {
    samples: evidence.length,
    ...(sifted !== undefined && { gates: countGates(evidence, sifted) }),
    easyReplaced,
    incomplete,
    ungradable,
    selected: selected.size,
  };
}

function countGates(evidence: readonly Evidence[], { standings, aceRuns }: Sifted): GateCounts {
  let [passedCde, passedAce, easy] = [0, 0, 0];
  for (let at = 0; at < standings.length; at++) {
    const standing = standings[at];
    if (standing === "kept" || standing === "biased" || standing === "unattended") passedCde += 1;
    if (standing !== "kept") continue;
    passedAce += 1;
    const { image, m } = evidence[at]!;
    if (image.correct === m) easy += 1;
  }
  return { passedCde, passedAce, aceRuns, easy };
}
