import { formatReward } from "../graders/format-reward.ts";
import { remember } from "../lib/remember.ts";
import type { Arm, Evidence, MaskedCounts, ReasoningMarks, Traits } from "../records.ts";
import type { ArmSettings, StoredResponse } from "../runs/rollout-table.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { readReasoningMarks } from "../selectors/methods/reasoning-marks.ts";
import type { TraitSource } from "../selectors/selector.ts";
import { readCurves, readDomains } from "./read-training-records.ts";

/** Where traits come from beside the run's own rollouts. */
export interface TraitFiles {
  readonly curves?: string;
  readonly domains?: string;
  /** Counts under masked images by sample; empty where none were asked for. */
  readonly masked: ReadonlyMap<string, readonly MaskedCounts[]>;
}

/**
 * Adds the traits a selector names to its evidence. Responses are read once, as a stream, and only
 * when they are named; without a file of domains a sample's domain is the kind of its ground truth.
 */
export async function addTraits(
  run: RunDirectory,
  evidence: readonly Evidence[],
  wanted: readonly TraitSource[],
  settings: ArmSettings,
  files: TraitFiles,
): Promise<readonly Evidence[]> {
  if (wanted.length === 0) return evidence;
  const m = evidence[0]?.m ?? 0;
  const responses = wanted.includes("responses") ? await readResponses(run, settings, m) : undefined;
  const domains = wanted.includes("domain") ? await readDomains(run, files.domains) : undefined;
  const curves =
    wanted.includes("curve") && files.curves !== undefined ? await readCurves(run, files.curves) : undefined;
  return evidence.map((one): Evidence => {
    const domain = domains?.get(one.sampleId);
    const curve = curves?.get(one.sampleId);
    const masked = files.masked.get(one.sampleId);
    const traits: Traits = {
      ...responses?.get(one.sampleId)?.finish(),
      ...(domain !== undefined && { domain }),
      ...(curve !== undefined && { curve }),
      ...(masked !== undefined && { masked }),
    };
    return { ...one, traits };
  });
}

async function readResponses(
  run: RunDirectory,
  settings: ArmSettings,
  m: number,
): Promise<ReadonlyMap<string, ResponseTally>> {
  const tallies = new Map<string, ResponseTally>();
  for await (const response of run.rollouts.responses(settings, m)) {
    remember(tallies, response.sampleId, () => new ResponseTally()).add(response);
  }
  return tallies;
}

/** Adds up what one sample's responses show; texts are read and let go. */
class ResponseTally {
  readonly #formatted: Record<Arm, number> = { image: 0, text: 0 };
  readonly #wrongAnswers = new Map<string, number>();
  #counted = 0;
  #tokens = 0;
  #right = 0;
  #marks: ReasoningMarks = { words: 0, verifying: 0, exploring: 0, connecting: 0 };

  add({ arm, text, responseTokens, right, answer }: StoredResponse): void {
    // An imported log may hold scores alone; then nothing speaks against the format.
    if (right && (text === "" || formatReward(text) === 1)) this.#formatted[arm] += 1;
    if (arm === "text") return;
    if (responseTokens !== undefined) {
      this.#counted += 1;
      this.#tokens += responseTokens;
    }
    if (right) this.#addRight(readReasoningMarks(text));
    else if (answer !== undefined) {
      const folded = answer.trim().toLowerCase();
      this.#wrongAnswers.set(folded, (this.#wrongAnswers.get(folded) ?? 0) + 1);
    }
  }

  finish(): Traits {
    return {
      formatted: this.#formatted,
      rival: Math.max(0, ...this.#wrongAnswers.values()),
      ...(this.#counted > 0 && { responseTokens: this.#tokens / this.#counted }),
      ...(this.#right > 0 && { reasoning: mapMarks(this.#marks, (sum) => sum / this.#right) }),
    };
  }

  #addRight(marks: ReasoningMarks): void {
    this.#right += 1;
    this.#marks = mapMarks(this.#marks, (sum, mark) => sum + marks[mark]);
  }
}

function mapMarks(
  marks: ReasoningMarks,
  change: (value: number, mark: keyof ReasoningMarks) => number,
): ReasoningMarks {
  const { words, verifying, exploring, connecting } = marks;
  return {
    words: change(words, "words"),
    verifying: change(verifying, "verifying"),
    exploring: change(exploring, "exploring"),
    connecting: change(connecting, "connecting"),
  };
}
