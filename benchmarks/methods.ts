import { type MethodName, resolveSelection, type SelectionInput } from "../src/config.ts";
import { randomStream } from "../src/lib/random-stream.ts";
import { remember } from "../src/lib/remember.ts";
import type { ArmCounts, Evidence } from "../src/records.ts";
import { newSelector } from "../src/selectors/index.ts";

/** Seconds to choose and to explain every decision, by method and number of samples. */
export type MethodFigures = ReadonlyMap<MethodName, ReadonlyMap<number, number>>;

const M = 5;
const SIZES = [16_000, 55_000, 110_000];
const ROUNDS = 3;
const INPUTS: readonly SelectionInput[] = [
  { method: "rap-released" },
  { method: "winnow" },
  { method: "variance-first", budget: "10%" },
  { method: "limr", curves: "given" },
  { method: "s1", budget: "10%" },
  { method: "limo", budget: "10%" },
  { method: "pism", budget: "10%" },
];

/** Each method on complete, made-up evidence of 16,000 to 110,000 samples; the median of three rounds. */
export async function benchmarkMethods(): Promise<MethodFigures> {
  const figures = new Map<MethodName, Map<number, number>>();
  for (const size of SIZES) {
    const evidence = makeEvidence(size);
    for (const input of INPUTS) {
      const seconds = Array.from({ length: ROUNDS }, () => time(input, evidence)).sort((a, b) => a - b);
      const ofMethod = remember(figures, input.method as MethodName, () => new Map());
      ofMethod.set(size, seconds[(ROUNDS - 1) / 2] as number);
    }
  }
  return figures;
}

function time(input: SelectionInput, evidence: readonly Evidence[]): number {
  const selector = newSelector(resolveSelection(input, 0));
  const started = performance.now();
  const selected = selector.select(evidence, false).filter((one) => one.selected).length;
  if (selected === 0) throw new Error(`method ${input.method} selected nothing`);
  return (performance.now() - started) / 1000;
}

function makeEvidence(samples: number): Evidence[] {
  const random = randomStream("benchmark of methods");
  const arm = (p: number): ArmCounts => {
    const correct = Array.from({ length: M }, () => random() < p).filter(Boolean).length;
    return { taken: M, correct, truncated: 0 };
  };
  return Array.from({ length: samples }, (_, i): Evidence => {
    const p1 = random();
    const [image, text, masked] = [arm(p1), arm(p1 * random()), arm(p1 * random())];
    return {
      sampleId: `sample-${i}`,
      m: M,
      image,
      text,
      traits: {
        responseTokens: 10 + 500 * random(),
        formatted: { image: image.correct, text: text.correct },
        reasoning: { words: 300 * random(), verifying: random(), exploring: random(), connecting: random() },
        domain: `domain ${i % 50}`,
        curve: [p1, Math.min(1, p1 + 0.2 * random()), Math.min(1, p1 + 0.3)],
        masked: [{ share: 0.5, counts: masked }],
      },
    };
  });
}
