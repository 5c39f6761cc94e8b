import { WinnowError } from "../errors.ts";

/** What counts as the same answer where conventions differ. Each is a switch with a stated default. */
export interface GradingPolicies {
  /**
   * Places to which a value with a decimal point must agree, 0 … 12: the difference is at most half of
   * the last place and the relative difference at most ten of it. Defaults to 6.
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

/** Reads `decimalPlaces=4,unitOptional=false`; a `WinnowError("usage")` names what is wrong and what there is. */
export function parsePolicies(text: string): Partial<GradingPolicies> {
  const policies: Record<string, number | boolean> = {};
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [name = "", value = ""] = part.split("=").map((side) => side.trim());
    const known: Record<string, number | boolean> = DEFAULT_POLICIES;
    const standard = Object.hasOwn(known, name) ? known[name] : undefined;
    const read = typeof standard === "boolean" ? { true: true, false: false }[value] : Number(value);
    if (standard === undefined || read === undefined || value === "" || !(Number(read) >= 0)) {
      const names = Object.entries(DEFAULT_POLICIES).map(([key, one]) => `${key}=${one}`);
      throw new WinnowError("usage", `Unknown grading policy \`${part.trim()}\`; there are ${names.join(", ")}.`);
    }
    policies[name] = read;
  }
  return policies;
}
