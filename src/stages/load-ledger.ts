import type { Grader } from "../graders/grader.ts";
import { sqlText } from "../runs/database.ts";
import { fillLedger } from "../runs/fill-ledger.ts";
import { Ledger, type SampleEntry } from "../runs/ledger.ts";
import type { ArmSettings } from "../runs/rollout-table.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { GradeQueue } from "./grade-queue.ts";
import type { Progress } from "./progress.ts";

/**
 * What earlier parts of the run left on disk under these settings. Rollouts that were not
 * graded yet, or by another version of the grader, are graded now; none is taken again.
 */
export async function loadLedger(
  run: RunDirectory,
  samples: readonly SampleEntry[],
  m: number,
  settings: ArmSettings,
  grader: Grader,
  psiName: string,
  progress: Progress,
): Promise<Ledger> {
  const ledger = new Ledger(samples, m);
  const ungraded = await fillLedger(ledger, run, settings, grader.version, psiName);
  if (ungraded > 0) await gradeStored(run, ledger, settings, grader, ungraded, progress);
  return ledger;
}

async function gradeStored(
  run: RunDirectory,
  ledger: Ledger,
  settings: ArmSettings,
  grader: Grader,
  total: number,
  progress: Progress,
): Promise<void> {
  progress.begin("grade", total);
  const grades = new GradeQueue(grader, run, ledger);
  const questions = `SELECT DISTINCT ON (id) id, ground_truth, choices FROM ${sqlText(run.file("samples.parquet"))}`;
  for await (const stored of run.rollouts.ungraded(settings, grader.version, questions)) {
    await grades.add(stored.rollout, settings[stored.rollout.arm], stored.sample);
    progress.advance("grade", 1);
  }
  await grades.settle();
  progress.end("grade");
}
