/** What kind of trouble it is; stable, so that callers can act on it. */
export type ErrorCode =
  | "usage" // a flag or a configuration value: exit 2
  | "input" // the dataset or the model cannot be read as what it should be
  | "run" // the run directory: locked, foreign, damaged, not writable
  | "missing" // an optional package or file must be installed first
  | "model" // the model answers, but not usably: blindness, an over-long prompt
  | "rejected" // too many rows are unusable
  | "empty" // a selection of nothing, or of everything, without leave
  | "interrupted"; // the user stopped the run; its state is saved

/**
 * The one error Winnow throws on purpose. Its message says what was expected, what was
 * found, where, and the way out, in one or two sentences, and holds no secret.
 */
export class WinnowError extends Error {
  readonly code: ErrorCode;
  override readonly name = "WinnowError";

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
