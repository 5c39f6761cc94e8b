import { existsSync } from "node:fs";
import { WinnowError } from "../errors.ts";
import type { Grader } from "../graders/grader.ts";
import { hashText } from "../lib/hash-text.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { Decision } from "../records.ts";
import { sqlText } from "../runs/database.ts";
import type { Ledger } from "../runs/ledger.ts";
import type { Manifest, Refresh } from "../runs/manifest.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { Selector } from "../selectors/selector.ts";
import { loadLedger } from "./load-ledger.ts";
import type { Progress } from "./progress.ts";

/** What a refresh adds to `run.json`; without one, what an earlier refresh of the same model left. */
export function planRefresh(
  before: Manifest | undefined,
  now: Manifest,
  options: { readonly share: number } | undefined,
): Refresh | undefined {
  const same = before !== undefined && stableJson(before.settings) === stableJson(now.settings);
  if (options === undefined) return same ? before.refresh : undefined;
  if (before === undefined || (before.state !== "done" && before.refresh === undefined)) {
    throw new WinnowError(
      "run",
      "A refresh compares with a finished selection; finish the run first: `winnow run RUN`.",
    );
  }
  const past = before.refresh?.earlier ?? [];
  const earlier = same ? past : [{ model: before.model.name, settings: before.settings }, ...past];
  return {
    round: (before.refresh?.round ?? 0) + (before.state === "done" ? 1 : 0),
    share: options.share,
    earlier: earlier.filter(({ settings }) => stableJson(settings) !== stableJson(now.settings)),
  };
}

/** What carrying over needs of a run under way. */
export interface CarryContext {
  readonly run: RunDirectory;
  readonly ledger: Ledger;
  readonly selector: Selector;
  readonly grader: Grader;
  readonly psiName: string;
  readonly seed: number;
  readonly progress: Progress;
}

/**
 * Lets the evidence of earlier checkpoints stand for samples that this one has not answered yet, each
 * sample's from one checkpoint alone, the newest. In a refresh (`previous`: what was selected before)
 * the selected samples and a rotating share of the others are answered anew. Selectors that read
 * responses, or masked arms, get nothing carried over: everything is answered anew.
 */
export async function carryOver(
  context: CarryContext,
  { earlier, round, share }: Refresh,
  previous: ReadonlySet<string> | undefined,
): Promise<void> {
  const { run, ledger, selector, grader, psiName, seed, progress } = context;
  if (selector.traits.includes("responses") || selector.traits.includes("masked")) return;
  for (const { model, settings } of earlier) {
    const older = await loadLedger(run, ledger.samples, ledger.m, settings, grader, psiName, progress);
    for (const evidence of older.evidence()) {
      const turn = previous !== undefined && (previous.has(evidence.sampleId) || isTurn(evidence.sampleId));
      if (evidence.image.taken === ledger.m && !turn) ledger.carry(evidence, model);
    }
  }

  /** Whether it is a sample's turn among those not selected: each comes once in ⌈1 / share⌉ rounds. */
  function isTurn(sampleId: string): boolean {
    if (share === 0) return false;
    const turns = Math.ceil(1 / share);
    const at = Number.parseInt(hashText(`${seed} refresh ${sampleId}`, 12), 16) / 16 ** 12;
    return Math.floor(at * turns) === (round - 1) % turns;
  }
}

/** Ids of the samples that the last decisions selected; none without decisions. */
export async function readSelected(run: RunDirectory): Promise<ReadonlySet<string>> {
  const path = run.file("decisions.parquet");
  const selected = new Set<string>();
  if (!existsSync(path)) return selected;
  for await (const { id } of run.database.rows(`SELECT id FROM ${sqlText(path)} WHERE selected`)) {
    selected.add(id as string);
  }
  return selected;
}

/** How a refreshed selection differs from the one before. */
export function compareSelections(
  previous: ReadonlySet<string>,
  decisions: readonly Decision[],
  ledger: Ledger,
): NonNullable<Refresh["outcome"]> {
  const current = decisions.filter((one) => one.selected).map((one) => one.sampleId);
  const kept = current.filter((id) => previous.has(id)).length;
  return {
    answered: ledger.evidence().filter(({ sampleId, image }) => image.taken > 0 && !ledger.carried.has(sampleId))
      .length,
    carried: ledger.carried.size,
    before: previous.size,
    kept,
    dropped: previous.size - kept,
    joined: current.length - kept,
  };
}
