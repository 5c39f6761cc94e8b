import { readFile, rm, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { FateCounts } from "../../src/report/count-decisions.ts";
import { renderReport } from "../../src/report/render-report.ts";
import { type RunSummary, summariseRun } from "../../src/report/summarise-run.ts";
import { PSI_PRESETS } from "../../src/selection-config.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runWorkedSamples, summariseWorkedRun } from "./worked-run.ts";

/** kept / replacement / dropped. */
const shown = ({ kept, replacement, dropped }: FateCounts): string => `${kept}/${replacement}/${dropped}`;

let worked: RunSummary;
test("the worked run has the funnel worked by hand", async () => {
  worked = await summariseWorkedRun();
  expect(worked).toMatchObject({ samples: 8, passedCde: 3, passedAce: 2, easy: 1, easyReplaced: 1, selected: 2 });
  expect(worked.reasons).toEqual({
    "attention-biased": 1,
    "easy-replaced": 1,
    kept: 1,
    "language-prior-biased": 4,
    replacement: 1,
  });
});

test("its D: two samples at 0, three at 0.2 with the replacement, two at 0.8 with the kept one, one at 1", () => {
  const bins = worked.distributions.discrepancy.map(({ d, exact, bounded }) => [d, shown(exact), shown(bounded)]);
  expect(bins.slice(5)).toEqual([
    [0, "0/0/2", "0/0/0"],
    [0.2, "0/1/2", "0/0/0"],
    [0.4, "0/0/0", "0/0/0"],
    [0.6, "0/0/0", "0/0/0"],
    [0.8, "1/0/1", "0/0/0"],
    [1, "0/0/1", "0/0/0"],
  ]);
  expect(bins.slice(0, 5).map(([d]) => d)).toEqual([-1, -0.8, -0.6, -0.4, -0.2]);
});

test("its difficulties and its c₁ × c₀ table are those of the counts", () => {
  const { difficulty, counts, stoppedEarly } = worked.distributions;
  expect(difficulty.map(({ samples }) => shown(samples))).toEqual([
    "0/0/2",
    "1/0/1",
    "0/0/1",
    "0/1/0",
    "0/0/1",
    "0/0/1",
  ]);
  const cells = counts.cells.map((cell) => [cell.correctImage, cell.correctText, cell.samples, cell.selected]);
  expect(cells.sort()).toEqual([
    [0, 0, 1, 0],
    [1, 0, 1, 0],
    [2, 1, 1, 1],
    [3, 2, 1, 0],
    [4, 0, 2, 1],
    [5, 0, 1, 0],
    [5, 5, 1, 0],
  ]);
  expect(stoppedEarly).toBe(0);
});

test("its ψ, 0.01 to 0.3, lie on a logarithmic axis, and every one peaks at the last token", () => {
  const { attention } = worked;
  expect(attention).toMatchObject({ scale: "log", responses: 40, peaksAtLast: 40 });
  expect(attention?.tokens).toEqual([{ token: ".", responses: 40 }]);
  const filled = attention?.psi.filter(({ samples }) => shown(samples) !== "0/0/0") ?? [];
  expect(filled.map(({ samples }) => shown(samples))).toEqual(["1/0/3", "0/0/1", "0/1/0", "0/0/1", "0/0/1"]);
  expect(filled[0]?.from).toBeCloseTo(0.01, 6);
  expect(filled.at(-1)?.to).toBeCloseTo(0.3, 6);
});

test("its sensitivity says that two of eight pass at the thresholds in force", () => {
  const at = (sweep = worked.sensitivity?.cde) => sweep?.points.find(({ value }) => value === sweep.chosen);
  expect(at()).toEqual({ value: 0.5, kept: 2, open: 0 });
  expect(at(worked.sensitivity?.ace)).toEqual({ value: 0.1, kept: 2, open: 0 });
});

test("all ground truths are integers of one file; two questions of 17 characters", () => {
  expect(worked.composition?.kinds).toEqual([{ name: "integer", samples: 8, selected: 2 }]);
  expect(worked.composition?.files).toEqual([{ name: "planted.jsonl", samples: 8, selected: 2 }]);
  // `<image>What is 0?` has 17 characters; every response is one word.
  expect(worked.composition?.questionLength).toEqual([{ name: "16–31", samples: 8, selected: 2 }]);
  expect(worked.composition?.responseLength).toEqual([{ name: "1", samples: 8, selected: 2 }]);
});

test("the full protocol takes 80 rollouts and saves none; its prompts and responses are counted by arm", () => {
  expect(worked.rollouts).toMatchObject({ image: 40, text: 40, saved: 0, savedTokens: 0, responseTokens: 80 });
  expect(worked.rollouts.byArm.image).toMatchObject({ rollouts: 40, responseTokens: 40 });
});

test("the lazy protocol's saved rollouts are counted, and D is marked where it is a bound", async () => {
  const lazy = await summariseWorkedRun({ config: { protocol: "lazy" } });
  expect(lazy.selected).toBe(2);
  const { text, saved, byArm, savedTokens } = lazy.rollouts;
  expect(text + saved).toBe(40);
  const perRollout = ((byArm.text.promptTokens as number) + (byArm.text.responseTokens as number)) / text;
  expect(savedTokens).toBe(Math.round(saved * perRollout));
  // c₁ = 2, 1 and 0 never pass: their text arm is not run, and D can be 0.4, 0.2 and 0 at most.
  // middling stops at its first right answer (D ≤ 0.4), from-text at its third (D ≤ 0.4).
  const bounded = lazy.distributions.discrepancy.map((bin) => shown(bin.bounded));
  expect(bounded.slice(5, 8)).toEqual(["0/0/1", "0/0/1", "0/1/2"]);
  expect(lazy.distributions.counts.cells.filter(({ correctText }) => correctText === null)).toHaveLength(3);
});

test("rejected rows are counted by code with examples, ungradable ones listed with their ground truth", async () => {
  const image = ["images/1.png"];
  const more = [
    ...Array.from({ length: 4 }, () => ({ question: "<image>No picture?", answer: "1", images: [] })),
    { question: "<image>No answer?", answer: null, images: image },
    { question: "<image>Line\u2028separator?", answer: "1", images: ["images/\u2028gone.png"] },
  ];
  const { rejected, setAside, samples } = await summariseWorkedRun({ more });
  expect({ rejected, samples }).toEqual({ rejected: 6, samples: 8 });
  expect(setAside.rejected.map(({ code, rows, examples }) => [code, rows, examples.length])).toEqual([
    ["no-image", 4, 3],
    ["image-missing", 1, 1],
    ["no-answer", 1, 1],
  ]);
  expect(setAside.rejected[0]?.examples[0]).toMatchObject({ file: "planted.jsonl", row: 8 });
});

test("a run that stopped before its decisions is summarised as far as it came", async () => {
  const folder = await temporaryFolder();
  const directory = await runWorkedSamples(folder);
  for (const name of ["decisions", "scores", "attention"]) await rm(`${directory}/${name}.parquet`);
  const summary = await summariseRun(directory);
  expect(summary).toMatchObject({ samples: 8, selected: 0, attention: null, composition: null, wastedGroups: [] });
  expect(summary.distributions.discrepancy).toEqual([]);
});

test("a finished run whose empty journal folder did not come along is summarised all the same", async () => {
  const directory = await runWorkedSamples(await temporaryFolder());
  const whole = await summariseRun(directory);
  await rm(`${directory}/journal`, { recursive: true });
  expect(await summariseRun(directory)).toEqual(whole);
});

test("tokens recorded for another option set than the one that decides now are not shown", async () => {
  const robust = await summariseWorkedRun({ config: { selection: { psi: { heads: "max" } } } });
  expect(robust.attention?.tokens).toEqual([{ token: ".", responses: 40 }]);
  const directory = await runWorkedSamples(await temporaryFolder());
  const manifest = JSON.parse(await readFile(`${directory}/run.json`, "utf8"));
  manifest.selection.psi = PSI_PRESETS.robust;
  await writeFile(`${directory}/run.json`, JSON.stringify(manifest));
  expect((await summariseRun(directory)).attention?.tokens).toEqual([]);
});

test("responses whose attention was read over other tokens are counted, in run.json and in the report", async () => {
  expect([worked.tokenMismatches, worked.manifest.tokenMismatches]).toEqual([0, 0]);
  const off = await summariseWorkedRun({ tokenMismatch: true });
  expect(off.tokenMismatches).toBe(off.attention?.responses);
  expect(off.tokenMismatches).toBeGreaterThan(0);
  expect(off.manifest.tokenMismatches).toBe(off.tokenMismatches);
  expect(renderReport(off)).toContain(`${off.tokenMismatches} responses read over other tokens than were sampled`);
});
