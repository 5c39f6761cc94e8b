/**
 * The data of Winnow on one page: what flows from stage to stage.
 *
 * dataset → Sample → Prompt → Rollout → Grade → Attention → Score → Decision → subset
 *
 * Records are plain, readonly and serialisable (image bytes aside). An absent quantity is
 * absent (`undefined`), never 0.
 */

/** With the image (treatment T = 1) or without it (T = 0). */
export type Arm = "image" | "text";

/** Where a sample's untouched source row is. Rows count from 0 within their file. */
export interface SourceRow {
  /** Path relative to the dataset's root, or the file's name when the dataset is one file. */
  readonly file: string;
  readonly row: number;
}

/** One image of a sample: the source's own bytes, never re-encoded, and what its header says. */
export interface SampleImage {
  readonly bytes: Uint8Array;
  /** In pixels, as stored (EXIF orientation not applied). */
  readonly width: number;
  readonly height: number;
  readonly mediaType: string;
  /** Absolute real path of the file it was read from; absent when its bytes stand in the row. Never stored. */
  readonly path?: string;
}

/** One question, its image(s), its verifiable ground truth, and where its source row is. */
export interface Sample {
  /** Content hash of question, images, ground truth and the row's own id: 32 hex digits. */
  readonly id: string;
  readonly source: SourceRow;
  /** The row's own id column, when there is one. */
  readonly rowId?: string;
  /** Question text with one literal `<image>` where each image stands. */
  readonly question: string;
  readonly images: readonly SampleImage[];
  readonly groundTruth: string;
  /** Option texts of a multiple-choice question, in letter order. */
  readonly choices?: readonly string[];
}

/** A row that cannot be used, and why. It is listed, counted and never lost. */
export interface RejectedRow {
  readonly source: SourceRow;
  readonly rowId?: string;
  /** Stable, kebab-case: `no-image`, `image-unreadable`, `path-outside-dataset`, … */
  readonly code: string;
  /** One sentence: what was expected, what was found. */
  readonly reason: string;
}

/** A part of a prompt, in the order the model sees it. */
export type PromptPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image";
      readonly bytes: Uint8Array;
      /** Absolute path of a file that holds just these bytes. */
      readonly path?: string;
    };

/** One arm of one sample, as one user turn; between the two arms nothing but the image differs. */
export interface Prompt {
  readonly sampleId: string;
  readonly arm: Arm;
  readonly parts: readonly PromptPart[];
}

/**
 * One sampled response to one prompt. A failed request is no rollout. What our own backends
 * always count may be absent from a rollout that was imported from a log.
 */
export interface Rollout {
  readonly sampleId: string;
  readonly arm: Arm;
  /** 0 … M−1. The pair (arm, index) names one random stream of the sample. */
  readonly index: number;
  /** The response; empty when an imported log holds scores alone. */
  readonly text: string;
  /** Token ids of the response, the end token included when the model produced it. */
  readonly tokenIds?: readonly number[];
  /** Tokens of the prompt as the model saw it, image tokens included. */
  readonly promptTokens?: number;
  readonly imageTokens?: number;
  readonly responseTokens?: number;
  /** `length`: cut off at the token limit; such a rollout is wrong, and counted as truncated. Absent: not logged. */
  readonly finish?: "stop" | "length";
  /** Where an imported rollout stood: file name and row, counted from 0. */
  readonly origin?: string;
  /** The score that an imported log gave it, in the log's own terms. */
  readonly loggedScore?: number;
}

/** A rollout that a backend of ours took: everything about it was counted. */
export type TakenRollout = Rollout &
  Required<Pick<Rollout, "promptTokens" | "imageTokens" | "responseTokens" | "finish">>;

export type Verdict = "correct" | "wrong" | "ungradable";

/** What a grader says of one response. */
export interface Grade {
  readonly verdict: Verdict;
  /** The extracted answer; absent when none was found. */
  readonly answer?: string;
  /** The rule that decided, e.g. `boxed/integer`. */
  readonly rule: string;
  /** In words, for people; always present when the verdict is `ungradable`. */
  readonly reason?: string;
}

/** The ACE score of one option set on one response (method.md, ACE). */
export interface Psi {
  /** Natural logarithm of ψ; −∞ is a real value (zero attention, or a response shorter than `minSpan`). */
  readonly logPsi: number;
  /** Response token index of the winning column, absent when no column counts. */
  readonly column?: number;
}

/** What was read from the last layer's attention over one with-image response. */
export interface Attention {
  readonly sampleId: string;
  /** Index of the with-image rollout. */
  readonly index: number;
  /** By name of the option set, as asked for. */
  readonly psi: Readonly<Record<string, Psi>>;
  /** Mean share of a response row's attention on image tokens, in [0, 1]. */
  readonly imageMass: number;
  /** Mean entropy of the rows' attention over all keys, in nats. */
  readonly entropy: number;
  /** Mean share of a row's attention on its 5 strongest keys, in [0, 1]. */
  readonly topMass: number;
  /** Text of the token at the winning column of the first option set. */
  readonly token?: string;
  /** Whether prompt or response, as the source tokenised them, are not the tokens that were sampled; absent: not known. */
  readonly tokenMismatch?: boolean;
}

/** Correct, wrong and cut-off rollouts of one arm, as far as they were taken. */
export interface ArmCounts {
  /** Rollouts taken so far, always a prefix 0 … taken−1 of the indices. */
  readonly taken: number;
  readonly correct: number;
  readonly truncated: number;
}

/** One arm of rollouts whose images were masked in part. */
export interface MaskedCounts {
  /** Share of the image that was masked, in (0, 1). */
  readonly share: number;
  readonly counts: ArmCounts;
}

/** What LIMO's rules count in a response: its words, and the shares of them, in [0, 1], that show reasoning. */
export interface ReasoningMarks {
  readonly words: number;
  readonly verifying: number;
  readonly exploring: number;
  readonly connecting: number;
}

/** What is known of a sample beyond its counts, gathered for the selectors that name it alone. */
export interface Traits {
  /** Mean response tokens of the with-image rollouts. */
  readonly responseTokens?: number;
  /** Right rollouts that kept the format as well, by arm. */
  readonly formatted?: Readonly<Record<Arm, number>>;
  /** The most with-image rollouts that share one wrong answer. */
  readonly rival?: number;
  /** Means over the right with-image responses; absent when none is right. */
  readonly reasoning?: ReasoningMarks;
  readonly domain?: string;
  /** Mean reward in each epoch of a training run; `null` where the sample was not seen. */
  readonly curve?: readonly (number | null)[];
  /** By rising share. */
  readonly masked?: readonly MaskedCounts[];
}

/** Everything a selector may know of one sample. */
export interface Evidence {
  readonly sampleId: string;
  /** M, rollouts per arm. */
  readonly m: number;
  readonly image: ArmCounts;
  readonly text: ArmCounts;
  /** Number of choices q when the answer is a choice letter: a guess is right with chance 1/q. */
  readonly options?: number;
  /** Why the ground truth cannot be graded; such a sample is never selected. */
  readonly ungradable?: string;
  /** log ψ of each measured with-image rollout, in the order of their indices; empty or absent: not measured. */
  readonly logPsi?: readonly number[];
  /** Present for the selectors that ask for it. */
  readonly traits?: Traits;
}

/** The estimates of one sample with the counts they rest on. */
export interface Score {
  readonly sampleId: string;
  readonly m: number;
  readonly correctImage: number;
  readonly imageTaken: number;
  /** Absent when the text arm was not run. */
  readonly correctText?: number;
  readonly textTaken: number;
  /** D from the counts in this record; exact when `textTaken` = m, else the largest D still possible. */
  readonly d?: number;
  /** The smallest D still possible; equals `d` when the text arm is complete. */
  readonly dMin?: number;
  /** D / (1 − 1/q), beside D for choice questions. */
  readonly dChance?: number;
  /** P(p₁ − p₀ > minGain | counts) with Beta(1,1) priors; absent when the text arm was not run. */
  readonly gainProbability?: number;
  /** 90 % credible interval of p₁ − p₀ given the counts, ends in steps of 0.01; present with `gainProbability`. */
  readonly gainLow?: number;
  readonly gainHigh?: number;
  /** Median over the measured rollouts; absent when attention was not measured. */
  readonly psi?: number;
  /** 1 − c₁/M; absent until the image arm is complete. */
  readonly difficulty?: number;
}

/** Why a sample is in the subset or not. */
export type DecisionReason =
  | "kept"
  | "replacement"
  | "budget-fill"
  | "language-prior-biased"
  | "attention-biased"
  | "easy-replaced"
  | "over-budget"
  | "not-admitted"
  | "ungradable"
  | "incomplete";

/** Keep, drop or replaced-by, with the reason. */
export interface Decision {
  readonly sampleId: string;
  readonly selected: boolean;
  readonly reason: DecisionReason;
  /** One sentence with the numbers, for people. */
  readonly explanation: string;
  /** Whether CDE's gate let it through; absent when the evidence does not decide it. */
  readonly passedCde?: boolean;
  /** Whether ACE's gate let it through as well; absent when CDE's did not, or ACE could not be asked. */
  readonly passedAce?: boolean;
  /** For `easy-replaced`: the sample that took its place; for `replacement`: the one it replaced. */
  readonly counterpart?: string;
  readonly score: Score;
}

/** What one value of a threshold would keep. */
export interface SweepPoint {
  readonly value: number;
  /** Samples that surely pass both gates. */
  readonly kept: number;
  /** Samples whose verdict there needs more rollouts, or attention. */
  readonly open: number;
}

/** What a gate would keep over the values of its threshold, everything else as it is. */
export interface Sweep {
  readonly option: "lambdaC" | "confidence" | "lambdaA";
  /** The value in force; of a quantile, the ψ it came to. */
  readonly chosen: number;
  readonly points: readonly SweepPoint[];
}
