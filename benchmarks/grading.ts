import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import type { GradeRequest } from "../src/graders/grader.ts";
import { openGrader } from "../src/graders/index.ts";

/** Gradings per second of one thread, with the machine they were measured on. */
export interface GradingFigures {
  readonly machine: string;
  /** Integers, decimals, words, letters, yes/no and fractions in short `<think>…</think> \boxed{…}` responses. */
  readonly simple: number;
  /** The same answers at the end of 10,000 characters of reasoning with formulas. */
  readonly long: number;
  /** Pairs of expressions that only evaluation can tell equal or different; every ground truth is new. */
  readonly symbolic: number;
}

/** Milliseconds each figure is measured for, after as long a warm-up. */
const DURATION = 1_000;

/** Measures how many gradings one thread does in a second. */
export async function benchmarkGrading(): Promise<GradingFigures> {
  await using grader = openGrader();
  const run = async (requests: readonly GradeRequest[]): Promise<number> => {
    const start = performance.now();
    let graded = 0;
    while (performance.now() - start < DURATION) {
      for (const request of requests) await grader.grade(request);
      graded += requests.length;
    }
    return Math.round((graded / (performance.now() - start)) * 1_000);
  };
  const measure = async (requests: readonly GradeRequest[]): Promise<number> => {
    await run(requests);
    return run(requests);
  };
  const simple = await measure(simpleRequests());
  const long = await measure(simpleRequests().map((one) => ({ ...one, response: lengthen(one.response) })));
  const symbolic = await measure(symbolicRequests());
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.version}`;
  return { machine, simple, long, symbolic };
}

function simpleRequests(): readonly GradeRequest[] {
  const pairs = [
    ["42", "42"],
    ["42", "41"],
    ["7,373", "7373"],
    ["2.50", "2.5"],
    ["3/4", "\\frac{6}{8}"],
    ["1/3", "0.25"],
    ["blue", "Blue"],
    ["blue", "red"],
    ["C", "(C)"],
    ["C", "B"],
    ["yes", "no"],
    ["true", "True"],
    ["12 cm", "12\\text{ cm}"],
    ["25%", "0.25"],
  ] as const;
  return pairs.map(([groundTruth, answer]) => ({
    groundTruth,
    response: `<think>First I look at the picture, then I count.</think> The answer is \\boxed{${answer}}.`,
  }));
}

function lengthen(response: string): string {
  const step = "Then $x^2 + 3x = \\frac{1}{2}$, so \\(y\\) is 17 and the answer is not yet clear.\n";
  return step.repeat(Math.ceil(10_000 / step.length)).slice(0, 10_000) + response;
}

/** Several thousand ground truths, so that their parses are not all kept. */
function symbolicRequests(): readonly GradeRequest[] {
  return Array.from({ length: 1_500 }, (_, n) => [
    [`(x+${n})^2`, `x^2+${2 * n}x+${n * n}`],
    [`\\sin^2 x+\\cos^2 x+${n}`, `${n + 1}`],
    [`\\frac{x^2-${n * n}}{x-${n}}`, `x+${n}`],
    [`${n}\\sqrt{2}+\\sqrt{8}`, `${n + 2}\\sqrt{2}`],
    [`\\frac{${n}\\pi}{3}`, `\\frac{${n + 1}\\pi}{3}`],
  ])
    .flat()
    .map(([groundTruth = "", answer = ""]) => ({ groundTruth, response: `\\boxed{${answer}}` }));
}
