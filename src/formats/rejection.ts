/**
 * Thrown inside a format while it turns a row into a sample; becomes a `RejectedRow`. `code` is
 * stable and kebab-case, `message` one sentence with what was expected and what was found.
 */
export class Rejection extends Error {
  readonly code: string;
  override readonly name = "Rejection";

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Stands for a value that its source could not express, so that only its own row suffers. */
export class UnusableValue {
  readonly code: "invalid-utf8" | "wrong-type";
  /** What was found, e.g. `a timestamp`. */
  readonly found: string;

  constructor(code: "invalid-utf8" | "wrong-type", found: string) {
    this.code = code;
    this.found = found;
  }
}
