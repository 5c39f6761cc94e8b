import type { AttentionSource } from "../attention/attention-source.ts";
import { openConfiguredAttention } from "../attention/index.ts";
import type { Backend } from "../backends/backend.ts";
import { openConfiguredBackend } from "../backends/open-configured-backend.ts";
import { type Config, chooseBackend } from "../config.ts";
import type { Dataset } from "../formats/format.ts";
import type { Grader } from "../graders/grader.ts";
import { openConfiguredGrader } from "../graders/open-configured-grader.ts";
import { nanoModel } from "../lib/nano-model.ts";
import { readModelDefaults } from "./model-defaults.ts";
import { openConfiguredDataset } from "./open-configured-dataset.ts";
import type { Progress } from "./progress.ts";

/** Parts of your own, in place of those the configuration names; you close them. */
export interface OwnParts {
  readonly dataset?: Dataset;
  readonly grader?: Grader;
  readonly backend?: Backend;
  /** `null`: there is no attention, and ACE does not run. */
  readonly attention?: AttentionSource | null;
}

/** The interchangeable parts of a run. */
export interface Parts extends AsyncDisposable {
  readonly dataset: Dataset;
  readonly grader: Grader;
  readonly backend: Backend;
  /** `null`: there is no attention, and ACE does not run. */
  readonly attention: AttentionSource | null;
  /** What follows the question, and the token limit, with the model's own defaults filled in. */
  readonly formatPrompt: string;
  readonly maxTokens: number;
}

/** What parts are opened with beside the configuration. */
export interface OpeningOptions {
  /** Where a judge's verdicts are kept, so that none is paid for twice. */
  readonly judgeCache?: string;
  /** Told how the download of a dataset gets on. */
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** Opens the parts a configuration names; disposing closes those that were opened here. */
export async function openParts(config: Config, own: OwnParts = {}, options: OpeningOptions = {}): Promise<Parts> {
  const opened: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of opened.reverse()) await part[Symbol.asyncDispose]();
  };
  try {
    const defaults = await readModelDefaults(
      chooseBackend(config) === "onnx" ? (config.model ?? nanoModel()) : undefined,
    );
    const dataset = own.dataset ?? keep(await openConfiguredDataset(config, options));
    const grader = own.grader ?? keep(await openConfiguredGrader(config.grading, options.judgeCache));
    const backend = own.backend ?? keep(await openConfiguredBackend(config, nanoModel()));
    const attention = own.attention !== undefined ? own.attention : await openConfiguredAttention(config, backend);
    if (attention !== null && own.attention === undefined) keep(attention);
    return {
      dataset,
      grader,
      backend,
      attention,
      formatPrompt: config.prompt.format ?? defaults.format,
      maxTokens: config.sampling.maxTokens ?? defaults.maxTokens,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
