import type { Backend, RolloutResult, Sampling } from "../backends/backend.ts";
import { WinnowError } from "../errors.ts";
import type { Dataset } from "../formats/format.ts";
import type { Grader } from "../graders/grader.ts";
import { buildImagePrompt, buildTextPrompt } from "../prompts/build-prompt.ts";
import { type Counterfactual, DonorPool, standInImages } from "../prompts/counterfactual.ts";
import type { Arm, Prompt, Sample } from "../records.ts";
import type { Ledger } from "../runs/ledger.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { ArmRequests, type Asked } from "./arm-requests.ts";
import { GradeQueue } from "./grade-queue.ts";
import type { Progress } from "./progress.ts";
import { readNeeded } from "./read-needed.ts";

/** How the two arms of a run are prompted and sampled. */
export interface RolloutPlan {
  readonly formatPrompt: string;
  readonly counterfactual: Counterfactual;
  readonly sampling: Sampling;
  readonly settings: Readonly<Record<Arm, string>>;
}

/**
 * Takes the rollouts that `wanted` names by sample (how many more) in one arm, and those whose indices
 * `follow` gives for a sample once they are graded. Each is in the journal before it is graded. A
 * prompt that cannot be answered sets its sample aside; an image arm whose prompt holds no image
 * tokens stops the run (silent blindness).
 */
export async function rollOut(
  context: {
    readonly run: RunDirectory;
    readonly dataset: Dataset;
    readonly backend: Backend;
    readonly ledger: Ledger;
    readonly grader: Grader;
    readonly progress: Progress;
    readonly signal?: AbortSignal;
  },
  plan: RolloutPlan,
  arm: Arm,
  wanted: ReadonlyMap<string, number>,
  follow?: (sampleId: string) => readonly number[],
): Promise<void> {
  const { run, dataset, backend, ledger, grader, progress, signal } = context;
  const donors = arm === "text" && plan.counterfactual === "mismatch" ? await collectDonors(dataset) : new DonorPool();
  async function* askSamples(): AsyncIterable<Asked> {
    for await (const sample of readNeeded(dataset, ledger.samples, wanted, signal)) {
      const truth = { groundTruth: sample.groundTruth, ...(sample.choices && { choices: sample.choices }) };
      const indices = ledger.missing(sample.id, arm, wanted.get(sample.id) ?? 0);
      if (indices.length > 0) yield { prompt: await buildPrompt(sample, arm, plan, donors), indices, truth };
    }
  }

  const requests = new ArmRequests(askSamples(), follow, signal);
  const grades = new GradeQueue(grader, run, ledger, {
    entered: ({ sampleId }) => requests.graded(sampleId),
    failed: (error) => requests.fail(error),
  });
  const settings = plan.settings[arm];
  for await (const result of backend.generate(requests, plan.sampling, signal)) {
    if (result.type === "refused") {
      requests.drop(result.sampleId);
      run.journal.append("refused", [{ settings, sampleId: result.sampleId, reason: result.reason }]);
      ledger.refuse(result.sampleId, result.reason);
      continue;
    }
    const { rollout } = result;
    requireSight(result, backend.model.name);
    run.journal.append("rollouts", [{ ...rollout, settings }]);
    progress.advance(`${arm} arm`, 1);
    const truth = requests.truthOf(rollout.sampleId);
    if (truth !== undefined) await grades.add(rollout, settings, truth);
  }
  await grades.settle();
}

/** The prompt of one arm of a sample; a text arm may have a stand-in image. */
export async function buildPrompt(sample: Sample, arm: Arm, plan: RolloutPlan, donors: DonorPool): Promise<Prompt> {
  if (arm === "image") return buildImagePrompt(sample, plan.formatPrompt);
  const standIns = await standInImages(sample, plan.counterfactual, plan.sampling.seed, donors);
  return buildTextPrompt(sample, plan.formatPrompt, standIns);
}

/** A few images of the dataset that stand in for others (`mismatch`). */
export async function collectDonors(dataset: Dataset): Promise<DonorPool> {
  const donors = new DonorPool();
  for await (const item of dataset.read()) if (item.type === "sample") donors.offer(item.sample);
  return donors;
}

/** Throws `WinnowError("model")` when the prompt of an image arm held no image tokens. */
export function requireSight(result: RolloutResult & { type: "rollout" }, model: string): void {
  const { rollout } = result;
  if (rollout.arm === "image" && rollout.imageTokens <= 0) {
    throw new WinnowError(
      "model",
      `${model} did not see the image of sample ${rollout.sampleId}: its prompt of ${rollout.promptTokens} tokens ` +
        "holds no image tokens. Check that the model's processor and chat template take images.",
    );
  }
}
