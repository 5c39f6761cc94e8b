/** What counts as the same answer where conventions differ. Each is a switch with a stated default. */
export interface GradingPolicies {
  /**
   * Places to which a value with a decimal point must agree with an exact one, 0 … 12; both the
   * difference and the relative difference (ten times looser) count. Defaults to 6.
   */
  readonly decimalPlaces: number;
  /** A decimal stands for what rounds to it at the digits it shows, at least this many; 0 is off. Defaults to 0. */
  readonly shownDigits: number;
  /** Relative difference allowed where a side has a decimal point, such as 1e-4; 0 is off. Defaults to 0. */
  readonly relativeTolerance: number;
  /** 10 % = 10 where exactly one side carries the sign (10 % = 0.1 always holds). Defaults to true. */
  readonly percentSignOptional: boolean;
  /** A unit may be missing on one side; different units are always different. Defaults to true. */
  readonly unitOptional: boolean;
  /** `3, 4` answers `(3, 4)`. Off by default: tuples and intervals show their brackets. */
  readonly tupleParenthesesOptional: boolean;
  /** Accept only answers in `\boxed{…}` or `<answer>`. Defaults to false. */
  readonly boxedOnly: boolean;
}

export const DEFAULT_POLICIES = {
  decimalPlaces: 6,
  shownDigits: 0,
  relativeTolerance: 0,
  percentSignOptional: true,
  unitOptional: true,
  tupleParenthesesOptional: false,
  boxedOnly: false,
} as const satisfies GradingPolicies;
