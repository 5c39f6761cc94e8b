import type { SelectionOptions } from "../config.ts";
import type { Arm, Grade } from "../records.ts";

/** What the server and the browser say to each other, as JSON. Types alone: nothing here runs. */

/** One of the runs on view. */
export interface RunInfo {
  /** The folder's name, and its path as the command line takes it. */
  readonly name: string;
  readonly path: string;
  readonly state: "running" | "partial" | "interrupted" | "failed" | "done";
  /** A living process holds the run directory: more may come at any moment. */
  readonly live: boolean;
  /** Changes whenever the run's files do. */
  readonly version: string;
  readonly m: number;
  readonly model: string;
  readonly dataset: string;
  /** ACE can run: the run has an attention source. */
  readonly attention: boolean;
  /** Per-token scores can be computed again, and if not, why. */
  readonly tokenScores: { readonly available: true } | { readonly available: false; readonly reason: string };
  /** The selection the run was made with, and what each preset stands for. */
  readonly selection: NamedSelection;
  readonly presets: Readonly<Record<"paper" | "robust", NamedSelection>>;
  readonly rejected: number;
  readonly seconds: Readonly<Record<string, number>>;
  /** Rows of the subset that was written last. */
  readonly subset: { readonly rows: number; readonly files: readonly string[] } | null;
}

/** A selection's options and the name of the option set whose ψ it decides by. */
export interface NamedSelection {
  readonly options: SelectionOptions;
  readonly psiName: string;
}

/** One row of the table, cut to what a row shows. */
export interface SampleRow {
  readonly place: number;
  readonly question: string;
  readonly groundTruth: string;
  readonly kind: string;
  readonly rowId: string | null;
  readonly file: string;
  readonly row: number;
}

/** A text that may be cut: all of it is `length` characters. */
export interface CutText {
  readonly text: string;
  readonly length: number;
}

/** Everything there is on one sample. */
export interface SamplePage {
  readonly id: string;
  readonly place: number;
  readonly rowId: string | null;
  readonly file: string;
  readonly row: number;
  readonly question: CutText;
  readonly groundTruth: CutText;
  readonly choices: readonly string[] | null;
  readonly kind: string;
  readonly ungradable: string | null;
  /** Why the sample was set aside. */
  readonly setAside: string | null;
  /** The decision on disk in words. */
  readonly recorded: string | null;
  readonly images: readonly { readonly width: number; readonly height: number; readonly mediaType: string }[];
  readonly rollouts: readonly RolloutView[];
}

export interface RolloutView {
  readonly arm: Arm;
  readonly index: number;
  readonly text: CutText;
  /** `null`, as the counts below: the log it comes from does not say. */
  readonly finish: "stop" | "length" | null;
  readonly promptTokens: number | null;
  readonly imageTokens: number | null;
  readonly responseTokens: number | null;
  /** Where a logged response comes from. */
  readonly origin: string | null;
  readonly grade: Grade | null;
  readonly attention: AttentionView | null;
}

/** What was measured on a response; log ψ is `null` for −∞. */
export interface AttentionView {
  readonly psi: Readonly<Record<string, { readonly logPsi: number | null; readonly column: number | null }>>;
  readonly imageMass: number;
  readonly entropy: number;
  readonly topMass: number;
  readonly token: string | null;
}

/** The attention over one response, token by token. */
export interface TokenScoresView {
  readonly psiName: string;
  readonly tokens: readonly {
    readonly text: string;
    /** Mean attention that this token and the later ones pay it, in [0, 1]. */
    readonly received: number;
    /** log ψ of its column; `null` for −∞, or a column that does not count. */
    readonly logPsi: number | null;
  }[];
  readonly column: number | null;
}

/** What `POST …/subset` is asked: flags of `winnow select`, by name. */
export interface SubsetRequest {
  readonly flags: Readonly<Record<string, string | boolean>>;
}

/** What became of it. */
export interface SubsetResult {
  readonly selected: number;
  readonly rows: number;
  readonly files: readonly string[];
}
