import type { MethodName, SelectionOptions } from "../../../src/config.ts";
import type { NamedSelection, RunInfo } from "../../../src/view/protocol.ts";

/** Flags of `winnow select` by name. The viewer's address holds them as they are typed. */
export type Flags = Readonly<Record<string, string | boolean>>;

const PSI_FLAGS = ["sigma", "heads", "min-span", "span", "normalise"] as const;

/** Methods that go by the counts of the arms alone, so that a browser can select by them. */
export const COUNT_METHODS = [
  "rap",
  "winnow",
  "variance-first",
  "pass-rate-band",
  "random",
  "full",
] as const satisfies readonly MethodName[];

/** Every flag that the viewer reads and writes, in the order of the command. */
export const FLAG_NAMES = [
  "method",
  "without",
  "preset",
  "gate",
  "lambda-c",
  "min-gain",
  "confidence",
  "lambda-a",
  "replace",
  "guard",
  "budget",
  "min-pass",
  "max-pass",
  "similarity",
  "curves",
  "domains",
  "masks",
  ...PSI_FLAGS,
] as const;

/** The flags in an address; none means the selection the run was made with. */
export function readFlags(query: URLSearchParams): Flags {
  const flags: Record<string, string | boolean> = {};
  for (const name of FLAG_NAMES) {
    const value = query.get(name);
    if (value !== null) flags[name] = value === "true" || value === "false" ? value === "true" : value;
  }
  return flags;
}

/** The selection that flags stand for, on their preset alone, as `winnow select` reads them. */
export function resolveFlags(run: Pick<RunInfo, "selection" | "presets">, flags: Flags): NamedSelection {
  if (Object.keys(flags).length === 0) return run.selection;
  const base = flags.preset === "robust" ? run.presets.robust : run.presets.paper;
  const { budget: _, ...rest } = base.options;
  const { options: own } = run.selection;
  const custom = PSI_FLAGS.some((name) => name in flags);
  const method = ([...COUNT_METHODS, own.method] as const).find((name) => name === flags.method) ?? "rap";
  const options: SelectionOptions = {
    ...rest,
    method,
    without: splitParts(flags.without),
    gate: flags.gate === "posterior" || flags.gate === "difference" ? flags.gate : rest.gate,
    lambdaC: numberOr(flags["lambda-c"], rest.lambdaC),
    minGain: numberOr(flags["min-gain"], rest.minGain),
    confidence: numberOr(flags.confidence, rest.confidence),
    lambdaA: readLambdaA(flags["lambda-a"], rest.lambdaA),
    replace: readAmount(flags.replace) ?? rest.replace,
    guard: typeof flags.guard === "boolean" ? flags.guard : rest.guard,
    ...(readAmount(flags.budget) !== undefined && { budget: readAmount(flags.budget)! }),
    minPass: numberOr(flags["min-pass"], rest.minPass),
    maxPass: numberOr(flags["max-pass"], rest.maxPass),
    similarity: numberOr(flags.similarity, rest.similarity),
    ...(typeof flags.curves === "string" && { curves: flags.curves }),
    ...(typeof flags.domains === "string" && { domains: flags.domains }),
    ...(typeof flags.masks === "string" && { masks: flags.masks.split(",").map(Number) }),
    psi: custom ? own.psi : rest.psi,
  };
  return { options, psiName: custom ? run.selection.psiName : base.psiName };
}

/** The flags that stand for a selection: its preset, and whatever differs from it. */
export function toFlags(run: Pick<RunInfo, "presets">, options: SelectionOptions): Flags {
  const base = run.presets[options.preset].options;
  const flags: Record<string, string | boolean> = {
    ...(options.method !== "rap" && { method: options.method }),
    ...(options.without.length > 0 && { without: options.without.join(",") }),
    preset: options.preset,
  };
  if (options.gate !== base.gate) flags.gate = options.gate;
  if (options.lambdaC !== base.lambdaC) flags["lambda-c"] = String(options.lambdaC);
  if (options.minGain !== base.minGain) flags["min-gain"] = String(options.minGain);
  if (options.confidence !== base.confidence) flags.confidence = String(options.confidence);
  if (showLambdaA(options.lambdaA) !== showLambdaA(base.lambdaA)) flags["lambda-a"] = showLambdaA(options.lambdaA);
  if (showAmount(options.replace) !== showAmount(base.replace)) flags.replace = showAmount(options.replace);
  if (options.guard !== base.guard) flags.guard = options.guard;
  if (options.budget !== undefined) flags.budget = showAmount(options.budget);
  if (options.minPass !== base.minPass) flags["min-pass"] = String(options.minPass);
  if (options.maxPass !== base.maxPass) flags["max-pass"] = String(options.maxPass);
  if (options.similarity !== base.similarity) flags.similarity = String(options.similarity);
  if (options.curves !== undefined) flags.curves = options.curves;
  if (options.domains !== undefined) flags.domains = options.domains;
  if (options.masks.join() !== base.masks.join()) flags.masks = options.masks.join();
  const { psi } = options;
  if (psi.sigma !== base.psi.sigma) flags.sigma = String(psi.sigma);
  if (psi.heads !== base.psi.heads) flags.heads = psi.heads;
  if (psi.minSpan !== base.psi.minSpan) flags["min-span"] = String(psi.minSpan);
  if (psi.span !== base.psi.span) flags.span = psi.span;
  if (psi.normalise !== base.psi.normalise) flags.normalise = psi.normalise;
  return flags;
}

/** The command that writes the subset of these flags. */
export function toCommand(path: string, flags: Flags): string {
  const words = Object.entries(flags).map(([name, value]) => {
    if (typeof value === "boolean") return value ? `--${name}` : `--no-${name}`;
    return `--${name} ${quote(value)}`;
  });
  return ["winnow select", quote(path), ...words].join(" ");
}

/** λ_a as a flag: a number, or a quantile such as `q90`. */
function showLambdaA(lambdaA: SelectionOptions["lambdaA"]): string {
  return typeof lambdaA === "number" ? String(lambdaA) : `q${round(lambdaA.quantile * 100)}`;
}

/** An amount as a flag: `all`, a number, or a share such as `10%`. */
export function showAmount(amount: SelectionOptions["replace"]): string {
  return typeof amount === "object" ? `${round(amount.share * 100)}%` : String(amount);
}

function readLambdaA(
  value: string | boolean | undefined,
  base: SelectionOptions["lambdaA"],
): SelectionOptions["lambdaA"] {
  const quantile = typeof value === "string" ? /^q(\d{1,2}(?:\.\d+)?|100)$/.exec(value) : null;
  if (quantile !== null) return { quantile: Number.parseFloat(quantile[1]!) / 100 };
  return numberOr(value, typeof base === "number" ? base : Number.NaN, base);
}

/** A number of samples, or a share of them; `undefined` for anything else. */
export function readAmount(value: string | boolean | undefined): number | { readonly share: number } | undefined {
  if (typeof value !== "string") return undefined;
  const share = /^(\d+(?:\.\d+)?)%$/.exec(value);
  if (share !== null) return Number(share[1]) <= 100 ? { share: Number.parseFloat(value) / 100 } : undefined;
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

function splitParts(value: string | boolean | undefined): SelectionOptions["without"] {
  return (["ace", "cde", "drm"] as const).filter((part) =>
    String(value ?? "")
      .split(",")
      .includes(part),
  );
}

function numberOr<T>(value: string | boolean | undefined, base: number, otherwise?: T): number | T {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : (otherwise ?? base);
}

function round(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A word as a shell takes it apart again. */
function quote(path: string): string {
  return /^[\w.,%/-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
