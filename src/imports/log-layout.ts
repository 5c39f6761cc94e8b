import type { Arm, Rollout } from "../records.ts";

/** One record of a log: a JSON object, a row of a Parquet file, or a block of a text file. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** What a record's file says of it. */
export interface LogContext {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Place of the record in its file, counted from 0. */
  readonly row: number;
  /** The field that holds the score, where the user names one; dots lead into objects. */
  readonly scoreField?: string;
}

/** One response of a log, before it is known which sample it answers. What the log does not say is absent. */
export interface LoggedResponse {
  /** Names of the sample in the log's own terms, surest first. */
  readonly ids: readonly string[];
  /** The sample's row in the dataset, counted from 0. */
  readonly index?: number;
  /** The prompt as the log has it, template and all. */
  readonly prompt?: string;
  readonly groundTruth?: string;
  /** Absent where the log holds scores alone. */
  readonly response?: string;
  readonly score?: number;
  readonly arm?: Arm;
  /** Training step: the model moved on between one and the next. */
  readonly step?: number;
  /** What the response was asked for, where Winnow wrote the request. */
  readonly request?: { readonly settings: string; readonly sampleId: string; readonly index: number };
  readonly tokens?: Pick<Rollout, "tokenIds" | "promptTokens" | "imageTokens" | "responseTokens" | "finish">;
  /** Why this is no response: the request failed, or was stopped. */
  readonly trouble?: string;
}

/** How somebody's tool lays out its rollouts: one file of `src/imports/` each. */
export interface LogLayout {
  /** Lower case, as `--layout` takes it. */
  readonly name: string;
  /** Whether a record, the first of its file, is laid out so; `text`: the file is neither JSON nor Parquet. */
  recognises(record: LogRecord, context: { readonly file: string; readonly text: boolean }): boolean;
  /** The responses of a record, in their order; none of it throws for what a record holds. */
  read(record: LogRecord, context: LogContext): Iterable<LoggedResponse>;
}
