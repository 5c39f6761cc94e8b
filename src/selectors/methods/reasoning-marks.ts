import type { ReasoningMarks } from "../../records.ts";

/** Words that show checking, trying out and concluding; LIMO names the first two or so of each. */
const MARKS = {
  verifying: /\b(?:check|checks|checking|verify|verifies|verifying|confirm)\b/gi,
  exploring: /\b(?:perhaps|might|maybe|alternatively|suppose)\b/gi,
  connecting: /\b(?:therefore|since|because|thus|hence|so)\b/gi,
} as const;

/**
 * What LIMO's rules count in one response: its words, and the shares of them that verify, explore
 * and connect, each in [0, 1]. A response without words has all of them 0. Source: LIMO, arXiv
 * 2502.03387, quality of reasoning chains; the word lists are ours where it says "such as".
 */
export function readReasoningMarks(response: string): ReasoningMarks {
  const words = response.match(/\S+/g)?.length ?? 0;
  const share = (mark: RegExp): number => (words === 0 ? 0 : (response.match(mark)?.length ?? 0) / words);
  return {
    words,
    verifying: share(MARKS.verifying),
    exploring: share(MARKS.exploring),
    connecting: share(MARKS.connecting),
  };
}
