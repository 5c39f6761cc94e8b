import { expect, test } from "vitest";
import { newHistograms } from "../../viewer/src/selection/histograms.ts";

const nan = Number.NaN;

test("every sample with a score is in one bar of it, selected apart from the others", () => {
  // D = 3/5, 3/5 at most, −1, 1, and one sample that has no score yet.
  const scores = {
    d: Float64Array.of(0.6, 0.6, -1, 1, nan),
    exact: Uint8Array.of(1, 0, 1, 1, 0),
    psi: Float64Array.of(0.05, nan, 0, 0.5, nan),
    difficulty: Float64Array.of(0.2, 0.4, 1, 0, nan),
  };
  const { d, psi, difficulty } = newHistograms(5, scores)(Uint8Array.of(1, 0, 0, 1, 0));
  const filled = d.flatMap(({ from, to, selected, dropped, bounded }) =>
    selected + dropped + bounded === 0 ? [] : [[Number(((from + to) / 2).toFixed(9)), selected, dropped, bounded]],
  );
  expect(filled).toEqual([
    [-1, 0, 1, 0],
    [0.6, 1, 0, 1],
    [1, 1, 0, 0],
  ]);
  expect(d).toHaveLength(11);
  expect(difficulty.map(({ selected, dropped }) => [selected, dropped])).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
    [0, 0],
    [0, 0],
    [0, 1],
  ]);
  // ψ = 0 stands at the floor of 10^−12, the others at 10^−1.3 and 10^−0.3.
  expect([psi[0]?.from, psi.at(-1)?.to]).toEqual([-12, 0]);
  expect([psi[0]?.dropped, psi[26]?.selected, psi[29]?.selected]).toEqual([1, 1, 1]);
});

test("bars keep to their place when the selection changes", () => {
  const scores = {
    d: Float64Array.of(0, 0.4),
    exact: Uint8Array.of(1, 1),
    psi: Float64Array.of(nan, nan),
    difficulty: Float64Array.of(0.6, 0),
  };
  const count = newHistograms(5, scores);
  const [none, all] = [count(Uint8Array.of(0, 0)), count(Uint8Array.of(1, 1))];
  expect(none.d.map((bar) => bar.dropped)).toEqual(all.d.map((bar) => bar.selected));
  expect(none.psi.every((bar) => bar.selected + bar.dropped === 0)).toBe(true);
});
