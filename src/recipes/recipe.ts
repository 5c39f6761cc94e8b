/** How the samples of an export were scored: what a recipe is filled in from. */
export interface Scored {
  /** Model directory, or the name that servers give the model. */
  readonly model: string;
  /** The text behind each question; empty when there is none. */
  readonly formatPrompt: string;
  /** Responses to a prompt, at least 2: what a group of GRPO or RLOO has. */
  readonly rollouts: number;
  readonly temperature: number;
  /** Nucleus size in (0, 1]. */
  readonly topP: number;
  /** 0: all tokens. */
  readonly topK: number;
  /** Response tokens at most. */
  readonly maxTokens: number;
  readonly seed: number;
  /** Pixels that images were scaled down to; absent: they were shown as they are. */
  readonly maxPixels?: number;
  /** Tokens of the longest prompt with its images; absent: not known. */
  readonly longestPrompt?: number;
  /** Rows of the export. */
  readonly rows: number;
  /** Whether samples have option texts, which the grader uses. */
  readonly choices: boolean;
}

/** Values by key of a YAML file, nested as they stand there; a key without a value is taken out. */
export interface Settings {
  readonly [key: string]: string | number | null | undefined | Settings;
}

/**
 * A ready training recipe: the files of `recipes/<trainer>/`, with the values of a run in their
 * YAML. Nothing of a dataset enters it, and no value is pasted into code.
 */
export interface Recipe {
  /** Name of the dialect that the trainer reads, and of the folder of templates. */
  readonly trainer: string;
  /** Values for the YAML templates, by file name; every key must stand in the template. */
  settings(scored: Scored): Readonly<Record<string, Settings>>;
  /** Files made from a run's values, by name. */
  files?(scored: Scored): Readonly<Record<string, string>>;
  /** Where training will differ from what was scored, a sentence each. */
  cautions(scored: Scored): readonly string[];
}

/** Room for the longest prompt that was scored: the next multiple of 256 tokens; 2,048 where nobody counted. */
export function promptLimit({ longestPrompt }: Scored): number {
  return longestPrompt === undefined ? 2048 : Math.max(1, Math.ceil(longestPrompt / 256)) * 256;
}

/** Prompts in a batch of at most `most`, a power of 2: no more than there are rows, since trainers drop an unfilled batch. */
export function batchSize({ rows }: Scored, most: number): number {
  return Math.min(most, 2 ** Math.floor(Math.log2(Math.max(1, rows))));
}

/** Top-k as vLLM says it: −1 for all tokens. */
export function vllmTopK({ topK }: Scored): number {
  return topK === 0 ? -1 : topK;
}
