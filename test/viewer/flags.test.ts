import { expect, test } from "vitest";
import { loadRun } from "../../src/cli/load-config.ts";
import { psiOptionSets, resolveSelection } from "../../src/config.ts";
import type { NamedSelection } from "../../src/view/protocol.ts";
import { readFlags, resolveFlags, toCommand, toFlags } from "../../viewer/src/selection/flags.ts";
import { makePlantedRun } from "../view/planted-run.ts";

function named(input: Parameters<typeof resolveSelection>[0]): NamedSelection {
  const options = resolveSelection(input, 0);
  return { options, psiName: psiOptionSets(options.psi).name };
}

const run = {
  selection: named({ preset: "paper", psi: { minSpan: 4 } }),
  presets: { paper: named({ preset: "paper" }), robust: named({ preset: "robust" }) },
};

test("flags mean in the viewer what they mean to `winnow select`", async () => {
  const directory = await makePlantedRun(12);
  for (const query of [
    "preset=paper&lambda-c=0.7&guard=true",
    "preset=robust&confidence=0.9&lambda-a=q80&budget=25%25",
    "preset=robust&guard=false&lambda-a=0.02&replace=50%25",
    "preset=paper&budget=7&lambda-c=-0.2&gate=posterior&min-gain=0.1",
    "preset=paper&without=cde%2Cdrm&budget=4",
    "method=winnow&preset=paper&budget=5%25",
    "method=pass-rate-band&preset=paper&min-pass=0.2&max-pass=0.8",
  ]) {
    const flags = readFlags(new URLSearchParams(query));
    const { config } = await loadRun(directory, flags);
    expect(resolveFlags(run, flags).options).toEqual(resolveSelection(config.selection, 0));
  }
});

test("a selection becomes flags and comes back the same", () => {
  for (const input of [
    {},
    { preset: "robust", budget: 40, guard: false },
    { lambdaA: "q95", replace: 3, lambdaC: 0.35 },
    { without: ["ace"] },
    { method: "pass-rate-band", minPass: 0.2, budget: "3%" },
  ] as const) {
    const { options } = named(input);
    expect(resolveFlags(run, toFlags(run, options)).options).toEqual(options);
  }
});

test("a run of another method keeps that method and its own options when its budget moves", () => {
  const own = { ...run, selection: named({ method: "limo", minPass: 0.1, budget: 30 }) };
  const moved = { ...own.selection.options, budget: { share: 0.2 } };
  const flags = toFlags(own, moved);
  expect(flags).toEqual({ method: "limo", preset: "paper", "min-pass": "0.1", "max-pass": "0.5", budget: "20%" });
  expect(resolveFlags(own, flags).options).toEqual(moved);
});

test("no flags mean the selection the run was made with; its own ψ is kept when a threshold moves", () => {
  expect(resolveFlags(run, {})).toBe(run.selection);
  const flags = toFlags(run, { ...run.selection.options, lambdaC: 0.6 });
  expect(flags).toEqual({ preset: "paper", "lambda-c": "0.6", "min-span": "4" });
  expect(resolveFlags(run, flags).psiName).toBe(run.selection.psiName);
});

test("the command quotes a path that a shell would take apart", () => {
  expect(toCommand("runs/figures", { preset: "robust", guard: false })).toBe(
    "winnow select runs/figures --preset robust --no-guard",
  );
  expect(toCommand("my run; rm 'x'", { preset: "paper" })).toBe(
    "winnow select 'my run; rm '\\''x'\\''' --preset paper",
  );
  expect(toCommand("run", { method: "limr", curves: "my rewards.jsonl", budget: "10%" })).toBe(
    "winnow select run --method limr --curves 'my rewards.jsonl' --budget 10%",
  );
});
