import type { Arm } from "../records.ts";

/** What a request asks for: some rollouts of one arm of one sample, under one name of settings. */
export interface RequestKey {
  readonly settings: string;
  readonly sampleId: string;
  readonly arm: Arm;
  /** Index of the first rollout; choice i of the answer is rollout first + i. */
  readonly first: number;
  readonly count: number;
}

const PATTERN = /^w\.([0-9a-f]{16})\.([0-9a-f]{32})\.([it])\.(\d{1,4})-(\d{1,4})$/;

/** The `custom_id` of a request, at most 64 characters as some servers want it. */
export function formatRequestId({ settings, sampleId, arm, first, count }: RequestKey): string {
  return `w.${settings}.${sampleId}.${arm[0]}.${first}-${first + count - 1}`;
}

/** Reads such a `custom_id`; `undefined` when it is another's. */
export function parseRequestId(id: string): RequestKey | undefined {
  const [, settings, sampleId, letter, first, last] = PATTERN.exec(id) ?? [];
  if (settings === undefined || sampleId === undefined || Number(last) < Number(first)) return undefined;
  const arm = letter === "i" ? "image" : "text";
  return { settings, sampleId, arm, first: Number(first), count: Number(last) - Number(first) + 1 };
}
