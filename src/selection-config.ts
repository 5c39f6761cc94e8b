import { z } from "zod";
import { WinnowError } from "./errors.ts";
import { stableJson } from "./lib/stable-json.ts";

/** What is selected, and how: the `selection` part of a configuration, every option with its range and default. */

export const share = z
  .string()
  .regex(/^\d+(\.\d+)?%$/, "expected a share such as 10%")
  .refine((text) => Number.parseFloat(text) <= 100, "expected a share of at most 100%");

const count = z.number().int().min(0);

/** ACE's options (method.md, table under ACE). */
const psiOptions = z.strictObject({
  /** Scaling factor σ of each attention weight, > 0. */
  sigma: z.number().positive(),
  /** How heads become one row: `mean`, or `max` followed by renormalisation over all keys. */
  heads: z.enum(["mean", "max"]),
  /** Rows that must look back on a column for it to count, ≥ 1. */
  minSpan: z.number().int().min(1),
  /** `suffix`: rows j … end; `window`: the best run of `minSpan` rows anywhere. */
  span: z.enum(["suffix", "window"]),
  /** Geometric mean of the factors instead of their product. */
  normalise: z.boolean(),
});
export type PsiOptions = z.infer<typeof psiOptions>;

/** The methods there are; docs/selectors has a page on each. */
const METHODS = [
  "rap",
  "full",
  "random",
  "pass-rate-band",
  "variance-first",
  "limr",
  "s1",
  "limo",
  "rap-released",
  "pism",
  "winnow",
] as const;
export type MethodName = (typeof METHODS)[number];

export const selection = z.strictObject({
  /** How samples are chosen: RAP, or a method to compare it with (docs/selectors). */
  method: z.enum(METHODS).default("rap"),
  /** Parts of RAP to leave out: `cde`, `ace`, `drm`, as a list or one text with commas. */
  without: z.preprocess(splitList, z.array(z.enum(["cde", "ace", "drm"]))).default([]),
  preset: z.enum(["paper", "robust"]).default("paper"),
  /** `difference`: keep iff D > λ_c; `posterior`: keep iff P(p₁ − p₀ > minGain) ≥ confidence. */
  gate: z.enum(["difference", "posterior"]).optional(),
  /** λ_c, in [−1, 1]. */
  lambdaC: z.number().min(-1).max(1).optional(),
  /** λ_a, ≥ 0, or a quantile such as `q90` of the ψ of the samples that passed CDE. */
  lambdaA: z
    .union([
      z.number().min(0),
      z.string().regex(/^q(\d{1,2}(\.\d+)?|100)$/, "expected a number or a quantile such as q90"),
    ])
    .optional(),
  /** Easy samples to replace: `all`, a number, or a share such as 50% of the easy ones. */
  replace: z.union([z.literal("all"), count, share]).optional(),
  /** Admit a replacement only if D > 0. */
  guard: z.boolean().optional(),
  /** Size of the subset: a number of samples, or a share such as 10% of the usable ones. */
  budget: z.union([z.number().int().min(1), share]).optional(),
  /** For gate `posterior`: the gain that matters, in [−1, 1]. */
  minGain: z.number().min(-1).max(1).optional(),
  /** For gate `posterior`: in (0, 1). */
  confidence: z.number().gt(0).lt(1).optional(),
  /** Pass rates strictly between these two, in [0, 1], for the methods with a band. */
  minPass: z.number().min(0).max(1).optional(),
  maxPass: z.number().min(0).max(1).optional(),
  /** The least similarity, at most 1, for `limr` and `rap-released`. */
  similarity: z.number().max(1).optional(),
  /** For `limr`: JSON lines of `id`, `epoch` and `reward` from a training run. */
  curves: z.string().min(1).optional(),
  /** For `s1`: JSON lines of `id` and `domain`; without it the kind of the ground truth is the domain. */
  domains: z.string().min(1).optional(),
  /** For `pism`: the masked shares of the image, each in (0, 1), as a list or one text with commas. */
  masks: z.preprocess(splitList, z.array(z.coerce.number().gt(0).lt(1)).min(1)).optional(),
  psi: psiOptions.partial().optional(),
});
export type SelectionInput = z.input<typeof selection>;

/** Every selection option with its value: what a preset leaves to no one. */
export interface SelectionOptions {
  readonly method: MethodName;
  readonly without: readonly ("cde" | "ace" | "drm")[];
  readonly preset: "paper" | "robust";
  readonly gate: "difference" | "posterior";
  readonly lambdaC: number;
  readonly lambdaA: number | { readonly quantile: number };
  readonly replace: "all" | number | { readonly share: number };
  readonly guard: boolean;
  readonly budget?: number | { readonly share: number };
  readonly minGain: number;
  readonly confidence: number;
  readonly minPass: number;
  readonly maxPass: number;
  readonly similarity: number;
  readonly curves?: string;
  readonly domains?: string;
  /** In rising order. */
  readonly masks: readonly number[];
  readonly psi: PsiOptions;
  /** For ties and for the bootstrap. */
  readonly seed: number;
}

/** The option sets that are always measured beside the chosen one (method.md, ACE). */
export const PSI_PRESETS = {
  paper: { sigma: 2, heads: "mean", minSpan: 1, span: "suffix", normalise: false },
  robust: { sigma: 2, heads: "max", minSpan: 8, span: "window", normalise: true },
} as const satisfies Record<string, PsiOptions>;

const SELECTION_PRESETS = {
  paper: { gate: "difference", lambdaA: 0.1, guard: false },
  robust: { gate: "posterior", lambdaA: "q90", guard: true },
} as const;

/** What a method's own options are when nobody sets them. */
const METHOD_DEFAULTS: Partial<Record<MethodName, { maxPass?: number; similarity?: number }>> = {
  "rap-released": { similarity: 0.85 },
  limo: { maxPass: 0.5 },
  s1: { maxPass: 0.5 },
};

/**
 * Fills a selection's options from its preset and its method. Throws `WinnowError("usage")` where
 * the method cannot do without an option that is missing, or has no use for one that is given.
 */
export function resolveSelection(input: SelectionInput, seed: number): SelectionOptions {
  const given = selection.parse(input);
  const preset = SELECTION_PRESETS[given.preset];
  const { method, without, curves, domains } = given;
  if (method === "limr" && curves === undefined) {
    throw new WinnowError(
      "usage",
      "Method `limr` needs the reward curves of a training run: `--curves FILE`, JSON lines of id, epoch and reward.",
    );
  }
  if (method !== "rap" && without.length > 0) {
    throw new WinnowError("usage", `\`without\` leaves out parts of RAP; method \`${method}\` has none of them.`);
  }
  return {
    method,
    without: [...new Set(without)].sort(),
    preset: given.preset,
    gate: given.gate ?? preset.gate,
    lambdaC: given.lambdaC ?? 0.5,
    lambdaA: parseQuantile(given.lambdaA ?? preset.lambdaA),
    replace: parseShare(given.replace ?? "all") as SelectionOptions["replace"],
    guard: given.guard ?? preset.guard,
    ...(given.budget === undefined ? {} : { budget: parseShare(given.budget) as number | { share: number } }),
    minGain: given.minGain ?? 0.3,
    confidence: given.confidence ?? 0.8,
    minPass: given.minPass ?? 0,
    maxPass: given.maxPass ?? METHOD_DEFAULTS[method]?.maxPass ?? 1,
    similarity: given.similarity ?? METHOD_DEFAULTS[method]?.similarity ?? 0.6,
    ...(curves !== undefined && { curves }),
    ...(domains !== undefined && { domains }),
    masks: [...(given.masks ?? [0.3, 0.6, 0.9])].sort((a, b) => a - b),
    psi: { ...PSI_PRESETS[given.preset], ...dropUndefined(given.psi ?? {}) },
    seed,
  };
}

/**
 * The option sets that are measured for a selection, and the name of the one it decides by.
 * The presets' two are always among them; the deciding one comes first.
 */
export function psiOptionSets(chosen: PsiOptions): { name: string; sets: Readonly<Record<string, PsiOptions>> } {
  const preset = Object.entries(PSI_PRESETS).find(([, options]) => stableJson(options) === stableJson(chosen));
  const name = preset?.[0] ?? `custom ${stableJson(chosen)}`;
  return { name, sets: { [name]: chosen, ...PSI_PRESETS } };
}

function parseShare(value: string | number): string | number | { share: number } {
  return typeof value === "string" && value.endsWith("%") ? { share: Number.parseFloat(value) / 100 } : value;
}

function parseQuantile(value: string | number): number | { quantile: number } {
  return typeof value === "number" ? value : { quantile: Number.parseFloat(value.slice(1)) / 100 };
}

function dropUndefined<T extends object>(object: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

/** A text with commas as a list; anything else as it is, for the schema to judge. */
export function splitList(value: unknown): unknown {
  return typeof value === "string" ? value.split(",").map((item) => item.trim()) : value;
}
