import { expect, test } from "vitest";
import { parseConfig, psiOptionSets, resolveSelection } from "../src/config.ts";

test("a dataset is enough, and everything else has the paper's default", () => {
  const config = parseConfig({ dataset: "d" }, "test");
  expect(config.sampling).toMatchObject({ rollouts: 5, temperature: 1, topP: 1, topK: 0, seed: 0 });
  const selection = resolveSelection(config.selection, 0);
  expect(selection).toMatchObject({ preset: "paper", gate: "difference", lambdaC: 0.5, lambdaA: 0.1, guard: false });
  expect(selection.psi).toEqual({ sigma: 2, heads: "mean", minSpan: 1, span: "suffix", normalise: false });
});

test("preset robust changes what the method says it changes", () => {
  const selection = resolveSelection({ preset: "robust" }, 0);
  expect(selection).toMatchObject({ gate: "posterior", lambdaA: { quantile: 0.9 }, guard: true, minGain: 0.3 });
  expect(selection.psi).toEqual({ sigma: 2, heads: "max", minSpan: 8, span: "window", normalise: true });
});

test("shares and quantiles are read as such", () => {
  const selection = resolveSelection({ budget: "10%", lambdaA: "q97.5", replace: "50%" }, 0);
  expect(selection.budget).toEqual({ share: 0.1 });
  expect(selection.lambdaA).toEqual({ quantile: 0.975 });
  expect(selection.replace).toEqual({ share: 0.5 });
  expect(parseConfig({ dataset: "d", maxRejected: "20%" }, "test").maxRejected).toBe(0.2);
});

test("a bad value is named with its key, what is allowed and what was found", () => {
  expect(() => parseConfig({ dataset: "d", sampling: { topP: 2 } }, "c.yaml")).toThrow(
    /^c\.yaml: `sampling\.topP`: .*<=1; found `2`/,
  );
  expect(() => parseConfig({ dataset: "d", selection: { preset: "best" } }, "c.yaml")).toThrow(
    /`selection\.preset`: .*"paper"\|"robust"; found `"best"`/,
  );
});

test("an unknown key is named with its place", () => {
  expect(() => parseConfig({ dataset: "d", sampling: { tempreature: 1 } }, "c.yaml")).toThrow(
    /unknown key `sampling\.tempreature`/,
  );
});

test("a value that a flag set is named by the flag", () => {
  const flags = new Map([["sampling.rollouts", "--rollouts"]]);
  expect(() => parseConfig({ dataset: "d", sampling: { rollouts: "five" } }, "c.yaml", flags)).toThrow(
    /^Command line: `--rollouts`: .*number.*; found `"five"`/,
  );
});

test("both presets' option sets are always measured, the deciding one first", () => {
  const { name, sets } = psiOptionSets(resolveSelection({ preset: "robust" }, 0).psi);
  expect([name, ...Object.keys(sets)]).toEqual(["robust", "robust", "paper"]);
  const custom = psiOptionSets(resolveSelection({ psi: { sigma: 3 } }, 0).psi);
  expect(Object.keys(custom.sets)).toEqual([custom.name, "paper", "robust"]);
});

test("a list typed as one text is shown as it was typed, with its flag", () => {
  const flags = new Map([["selection.without", "--without"]]);
  const input = { dataset: "d", selection: { without: "ace,foo" } };
  expect(() => parseConfig(input, "c.yaml", flags)).toThrow(
    /^Command line: `--without`: .*"cde"\|"ace"\|"drm"; found `"ace,foo"`/,
  );
});

test("methods fill in their own defaults, and lists are read from a text or as they are", () => {
  const of = (input: Parameters<typeof resolveSelection>[0]) => resolveSelection(input, 0);
  expect(of({ method: "limo" })).toMatchObject({ minPass: 0, maxPass: 0.5 });
  expect(of({ method: "pass-rate-band" })).toMatchObject({ minPass: 0, maxPass: 1 });
  expect(of({ method: "rap-released" }).similarity).toBe(0.85);
  expect(of({ method: "limr", curves: "f" }).similarity).toBe(0.6);
  expect(of({ masks: "0.9,0.1" as never }).masks).toEqual([0.1, 0.9]);
  expect(of({ without: ["drm", "ace", "drm"] }).without).toEqual(["ace", "drm"]);
});
