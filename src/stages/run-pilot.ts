import { readFile } from "node:fs/promises";
import type { RolloutRequest } from "../backends/backend.ts";
import { WinnowError } from "../errors.ts";
import type { Dataset } from "../formats/format.ts";
import type { Grader } from "../graders/grader.ts";
import { hashText } from "../lib/hash-text.ts";
import { stableJson } from "../lib/stable-json.ts";
import { writeFileAtomically } from "../lib/write-file-atomically.ts";
import { DonorPool } from "../prompts/counterfactual.ts";
import type { Arm, Rollout, Sample, Verdict } from "../records.ts";
import type { SampleEntry } from "../runs/ledger.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { Parts } from "./open-parts.ts";
import type { Progress } from "./progress.ts";
import { readNeeded } from "./read-needed.ts";
import { buildPrompt, collectDonors, type RolloutPlan, requireSight } from "./roll-out.ts";

/** One rollout of a pilot, as far as its cost and its verdict go. */
export interface PilotRollout {
  readonly verdict: Verdict;
  readonly promptTokens: number;
  readonly responseTokens: number;
  readonly truncated: boolean;
}

/** A sample of a pilot with all M rollouts of both arms, in the order of their indices. */
export interface PilotSample {
  readonly sampleId: string;
  readonly options?: number;
  readonly arms: Readonly<Record<Arm, readonly PilotRollout[]>>;
}

/** What a few samples, drawn at random, did. */
export interface Pilot {
  readonly samples: readonly PilotSample[];
  /** Samples of the whole dataset that a run would roll out: usable, gradable, each once. */
  readonly population: number;
  /** Reasons of the samples that were refused. */
  readonly refused: readonly string[];
  /** Wall time of the rollouts taken for pilots in this run directory so far, and their response tokens. */
  readonly seconds: number;
  readonly tokens: number;
}

/**
 * Draws `size` samples at random (the same ones for a seed) and takes all rollouts of both arms.
 * Each goes into the run directory's journal: neither the run nor a later pilot takes it again.
 * Throws `WinnowError("input")` when there is no sample to ask, `("model")` when none was answered.
 */
export async function runPilot(
  parts: Parts,
  plan: RolloutPlan,
  options: {
    readonly run: RunDirectory;
    readonly size: number;
    readonly m: number;
    readonly progress: Progress;
    readonly now: () => number;
    readonly signal?: AbortSignal;
  },
): Promise<Pilot> {
  const { dataset, grader } = parts;
  const { drawn, population } = await draw(dataset, grader, options, plan.sampling.seed);
  if (drawn.length === 0) throw new WinnowError("input", "The dataset has no sample that a run could roll out.");
  const wanted = new Set(drawn.map((entry) => entry.id));
  const samples: Sample[] = [];
  for await (const sample of readNeeded(dataset, drawn, wanted, options.signal)) samples.push(sample);
  const began = options.now();
  const arms = {
    image: await takeArm(parts, plan, "image", samples, options),
    text: await takeArm(parts, plan, "text", samples, options),
  };
  await options.run.seal();
  const tokens = arms.image.tokens + arms.text.tokens;
  const effort = await addEffort(options.run, plan.settings, { tokens, seconds: (options.now() - began) / 1000 });
  const answered = drawn.flatMap(({ id, options: q }): PilotSample[] => {
    const image = arms.image.rollouts.get(id)?.filter((rollout) => rollout !== undefined) ?? [];
    const text = arms.text.rollouts.get(id)?.filter((rollout) => rollout !== undefined) ?? [];
    if (image.length < options.m || text.length < options.m) return [];
    return [{ sampleId: id, ...(q !== undefined && { options: q }), arms: { image, text } }];
  });
  const refused = [...arms.image.refused, ...arms.text.refused];
  if (answered.length > 0) return { samples: answered, population, refused, ...effort };
  throw new WinnowError("model", `None of the pilot's ${drawn.length} samples was answered; the first: ${refused[0]}`);
}

async function draw(
  dataset: Dataset,
  grader: Grader,
  options: { readonly size: number; readonly progress: Progress; readonly signal?: AbortSignal },
  seed: number,
): Promise<{ drawn: SampleEntry[]; population: number }> {
  const { size, progress, signal } = options;
  const seen = new Set<string>();
  let drawn: { readonly rank: string; readonly entry: SampleEntry }[] = [];
  progress.begin("read", dataset.rows);
  for await (const item of dataset.read(signal && { signal })) {
    progress.advance("read", 1);
    if (item.type !== "sample" || seen.has(item.sample.id)) continue;
    const { id, source, groundTruth, choices } = item.sample;
    const check = grader.check(groundTruth, choices);
    if (!check.gradable) continue;
    seen.add(id);
    const entry = { id, ...source, ...(check.options !== undefined && { options: check.options }) };
    drawn.push({ rank: hashText(`${seed}/pilot/${id}`), entry });
    if (drawn.length >= 2 * size) drawn = keepFirst(drawn, size);
  }
  progress.end("read");
  return { drawn: keepFirst(drawn, size).map(({ entry }) => entry), population: seen.size };
}

function keepFirst<T extends { readonly rank: string }>(ranked: readonly T[], size: number): T[] {
  return [...ranked].sort((a, b) => (a.rank < b.rank ? -1 : 1)).slice(0, size);
}

async function takeArm(
  { dataset, backend, grader }: Parts,
  plan: RolloutPlan,
  arm: Arm,
  samples: readonly Sample[],
  options: {
    readonly run: RunDirectory;
    readonly m: number;
    readonly progress: Progress;
    readonly signal?: AbortSignal;
  },
): Promise<{
  rollouts: ReadonlyMap<string, readonly (PilotRollout | undefined)[]>;
  refused: readonly string[];
  tokens: number;
}> {
  const { run, m, progress, signal } = options;
  const settings = plan.settings[arm];
  const donors = arm === "text" && plan.counterfactual === "mismatch" ? await collectDonors(dataset) : new DonorPool();
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  async function* requests(): AsyncIterable<RolloutRequest> {
    for (const sample of samples) {
      const known = rollouts.get(sample.id);
      const indices = Array.from({ length: m }, (_, index) => index).filter((index) => known?.[index] === undefined);
      if (indices.length > 0) yield { prompt: await buildPrompt(sample, arm, plan, donors), indices };
    }
  }
  const rollouts = new Map<string, (PilotRollout | undefined)[]>();
  const refused: string[] = [];
  let tokens = 0;
  const note = async (rollout: Rollout): Promise<void> => {
    const { sampleId, index, text, finish, promptTokens, responseTokens } = rollout;
    if (index >= m || promptTokens === undefined || responseTokens === undefined) return;
    const { groundTruth, choices } = byId.get(sampleId) as Sample;
    const truncated = finish === "length";
    const grade = truncated
      ? undefined
      : await grader.grade({ response: text, groundTruth, ...(choices && { choices }) });
    const taken = rollouts.get(sampleId) ?? new Array<undefined>(m).fill(undefined);
    taken[index] = { verdict: grade?.verdict ?? "wrong", promptTokens, responseTokens, truncated };
    rollouts.set(sampleId, taken);
    progress.advance(`${arm} arm`, 1);
  };
  progress.begin(`${arm} arm`, samples.length * m);
  for await (const known of run.rollouts.read(settings, arm, [...byId.keys()])) await note(known);
  for await (const result of backend.generate(requests(), plan.sampling, signal)) {
    if (result.type === "refused") {
      refused.push(result.reason);
      continue;
    }
    requireSight(result, backend.model.name);
    run.journal.append("rollouts", [{ ...result.rollout, settings }]);
    tokens += result.rollout.responseTokens;
    await note(result.rollout);
  }
  progress.end(`${arm} arm`);
  signal?.throwIfAborted();
  return { rollouts, refused, tokens };
}

/** Adds what a pilot took to what earlier ones of the same settings took: `pilot.json` in the run directory. */
async function addEffort(
  run: RunDirectory,
  settings: RolloutPlan["settings"],
  taken: { readonly tokens: number; readonly seconds: number },
): Promise<{ tokens: number; seconds: number }> {
  const path = run.file("pilot.json");
  const before = await readFile(path, "utf8").then(
    (text) => JSON.parse(text) as { settings: unknown; tokens: number; seconds: number },
    () => undefined,
  );
  const same = before !== undefined && stableJson(before.settings) === stableJson(settings);
  if (taken.tokens === 0) return same ? { tokens: before.tokens, seconds: before.seconds } : { tokens: 0, seconds: 0 };
  const tokens = taken.tokens + (same ? before.tokens : 0);
  const seconds = taken.seconds + (same ? before.seconds : 0);
  await writeFileAtomically(path, `${JSON.stringify({ settings, tokens, seconds })}\n`);
  return { tokens, seconds };
}
