/** Told how a run gets on; the command line draws it, tests count it. */
export interface Progress {
  /** A stage begins, or goes on with more to do: `total` is the whole of it so far. */
  begin(stage: StageName, total: number): void;
  /** A stage that is under way has so much more to do. */
  extend?(stage: StageName, more: number): void;
  advance(stage: StageName, done: number): void;
  end(stage: StageName): void;
  /** A sentence for the user that is no error. */
  note(text: string): void;
}

/** The stages a run goes through, in words; transfers count bytes, the others items. */
export type StageName =
  | "download"
  | "upload"
  | "read"
  | "import"
  | "image arm"
  | "text arm"
  | "grade"
  | "attention"
  | "select"
  | "write";

/** Says nothing. */
export const SILENT: Progress = { begin() {}, advance() {}, end() {}, note() {} };
