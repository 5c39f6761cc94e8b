import type { ColumnScoring } from "../attention/attention-source.ts";
import { WinnowError } from "../errors.ts";
import type { Arm } from "../records.ts";
import type { Ledger } from "../runs/ledger.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { Need, Protocol, Selector } from "../selectors/selector.ts";
import { attend } from "./attend.ts";
import type { Parts } from "./open-parts.ts";
import type { Progress } from "./progress.ts";
import { type RolloutPlan, rollOut } from "./roll-out.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** What is gathered, from whom, and where it goes. */
export interface GatherContext {
  readonly run: RunDirectory;
  readonly parts: Parts;
  readonly ledger: Ledger;
  readonly selector: Pick<Selector, "plan" | "follow">;
  readonly protocol: Protocol;
  readonly plan: RolloutPlan;
  /** Name of the option set whose ψ the selector uses, and how responses are scored. */
  readonly psiName: string;
  readonly scoring: ColumnScoring;
  readonly progress: Progress;
  readonly stopwatch: Stopwatch;
  readonly signal?: AbortSignal;
}

/**
 * Asks the selector what it still has to know and gathers it, wave after wave, until it needs
 * nothing more; with `attention` false, until it needs nothing but attention.
 */
export async function gather(context: GatherContext, attention: boolean): Promise<void> {
  const { parts, ledger, selector, protocol, signal } = context;
  const totals = { image: 0, text: 0, attention: 0 };
  for (;;) {
    const all = selector.plan(ledger.evidence(), protocol, parts.attention !== null);
    const needs = all.filter((need) => (need.what === "attention" ? attention : parts.backend.closed !== true));
    if (needs.length === 0) {
      if (parts.backend.closed === true) noteMissing(all, context.progress);
      return;
    }
    // What another checkpoint measured cannot be added to by this one: such a sample starts anew.
    const carried = needs.filter(({ sampleId }) => ledger.carried.has(sampleId));
    for (const { sampleId } of carried) ledger.release(sampleId);
    if (carried.length > 0) continue;
    const before = ledger.size;
    for (const arm of ["image", "text"] as const) {
      await takeRollouts(context, arm, pick(needs, arm), totals);
      if (signal?.aborted) return;
    }
    await takeAttention(context, pick(needs, "attention"), totals);
    if (signal?.aborted) return;
    if (ledger.size === before) {
      throw new WinnowError("model", `The model returned none of the ${needs.length} results asked for.`);
    }
  }
}

function noteMissing(needs: readonly Need[], progress: Progress): void {
  const lacking = new Set(needs.filter((need) => need.what !== "attention").map((need) => need.sampleId));
  if (lacking.size === 0) return;
  progress.note(
    `${lacking.size} samples lack rollouts, and are \`incomplete\`: import them, or name servers with --base-url.`,
  );
}

async function takeRollouts(
  context: GatherContext,
  arm: Arm,
  wanted: ReadonlyMap<string, number>,
  totals: Record<Arm, number>,
): Promise<void> {
  if (wanted.size === 0) return;
  const { parts, ledger, progress, stopwatch, plan } = context;
  for (const [id, more] of wanted) totals[arm] += ledger.missing(id, arm, more).length;
  progress.begin(`${arm} arm`, totals[arm]);
  const follow = (sampleId: string): readonly number[] => {
    const one = ledger.evidenceOf(sampleId);
    const more = one === undefined ? 0 : (context.selector.follow?.(one) ?? 0);
    const indices = ledger.missing(sampleId, arm, more);
    totals[arm] += indices.length;
    progress.extend?.(`${arm} arm`, indices.length);
    return indices;
  };
  const lazyText = arm === "text" && context.protocol === "lazy";
  await stopwatch.time(`${arm} arm`, () =>
    rollOut({ ...context, ...parts }, plan, arm, wanted, lazyText ? follow : undefined),
  );
  progress.end(`${arm} arm`);
}

async function takeAttention(
  context: GatherContext,
  wanted: ReadonlyMap<string, number>,
  totals: { attention: number },
): Promise<void> {
  const { parts, ledger, progress, stopwatch, plan, psiName, scoring } = context;
  const source = parts.attention;
  if (wanted.size === 0 || source === null) return;
  totals.attention += wanted.size * ledger.m;
  progress.begin("attention", totals.attention);
  const attention = { formatPrompt: plan.formatPrompt, settings: plan.settings.image, psiName };
  await stopwatch.time("attention", () =>
    attend({ ...context, ...parts, source }, attention, scoring, new Set(wanted.keys())),
  );
  progress.end("attention");
}

function pick(needs: readonly Need[], what: Need["what"]): Map<string, number> {
  return new Map(needs.filter((need) => need.what === what).map((need) => [need.sampleId, need.rollouts]));
}
