import { expect, test } from "vitest";
import { resolveSelection } from "../../src/config.ts";
import { randomStream } from "../../src/lib/random-stream.ts";
import { estimateStability, newSelector } from "../../src/selectors/index.ts";
import { completeEvidence, SimulatedRun, type Truth } from "./simulated-run.ts";

const plain = newSelector(resolveSelection({ replace: 0 }, 0));

test("one sample of M = 1 comes again as often as both arms repeat themselves: 2/3 · 2/3", () => {
  const samples = Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [`${i}`, [1, 0] as const]));
  const evidence = completeEvidence(samples, { m: 1 });
  const stability = estimateStability(plain, evidence, { attentionAvailable: false, seed: 1, runs: 10 });
  expect(stability.selected).toBe(4000);
  expect(stability.share).toBeCloseTo(4 / 9, 1);
  expect(stability.again + stability.flips).toBeCloseTo(4000, 9);
});

test("the figures depend on the seed and not on the order of rows", () => {
  const evidence = completeEvidence(
    Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}`, [i % 6, (i * 7) % 3, 0.05] as const])),
  );
  const options = { attentionAvailable: true, seed: 3 };
  const selector = newSelector(resolveSelection({}, 0));
  const stability = estimateStability(selector, evidence, options);
  expect(estimateStability(selector, [...evidence].reverse(), options)).toEqual(stability);
  expect(estimateStability(selector, evidence, { ...options, seed: 4 })).not.toEqual(stability);
});

test("an empty selection loses nothing", () => {
  const evidence = completeEvidence({ x: [0, 5, 0.01] });
  expect(estimateStability(plain, evidence, { attentionAvailable: true, seed: 0 })).toMatchObject({
    selected: 0,
    flips: 0,
    share: 1,
  });
});

test("ungradable samples and samples never rolled out are left alone", () => {
  const evidence = [
    ...completeEvidence({ x: [5, 0, 0.01] }, { ungradable: "?" }),
    ...completeEvidence({ y: [0, 0] }, { image: { taken: 0, correct: 0, truncated: 0 } }),
  ];
  expect(estimateStability(plain, evidence, { attentionAvailable: true, seed: 0 })).toMatchObject({
    selected: 0,
    joined: 0,
  });
});

test("on rates spread over [0, 1] it foretells what a second run really selects again", () => {
  const random = randomStream("stability test");
  const rates = Array.from({ length: 4000 }, () => [random(), random()] as const);
  const run = (name: string): SimulatedRun => {
    const luck = randomStream(name);
    const arm = (p: number) => Array.from({ length: 5 }, () => luck() < p);
    const truths = rates.map(
      ([p1, p0], i): Truth => ({ sampleId: `${i}`, m: 5, image: arm(p1), text: arm(p0), logPsi: [-9] }),
    );
    const taken = new SimulatedRun(truths);
    for (const { sampleId } of truths) {
      taken.image.set(sampleId, 5);
      taken.text.set(sampleId, 5);
    }
    return taken;
  };
  const [first, second] = [run("first").evidence(), run("second").evidence()];
  const [before, after] = [plain.choose(first, false).selected, plain.choose(second, false).selected];
  const again = [...before].filter((place) => after.has(place)).length;
  const { share } = estimateStability(plain, first, { attentionAvailable: false, seed: 0 });
  expect(share).toBeCloseTo(again / before.size, 1);
});
