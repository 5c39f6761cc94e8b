import { expect, test } from "vitest";
import { openGrader } from "../../src/graders/index.ts";
import { randomText } from "./random-text.ts";

const LONG = "1234567890".repeat(10_000);

function counted(length: number, write: (index: number) => string, separator: string): string {
  return Array.from({ length }, (_, index) => write(index)).join(separator);
}

/** Name, ground truth, response: none of them the same value. */
const PROBES: readonly (readonly [string, string, string])[] = [
  ["a tower of powers", "9^{9^{9^9}}", "9^{9^{9^8}}"],
  ["a flat tower", "9^9^9^9", "9^9^9^8"],
  ["a tower of twos", "2^{2^{2^49}}", "2^{2^{2^48}}"],
  ["five fives", "5^{5^{5^{5^5}}}", "5^{5^{5^{5^6}}}"],
  ["a power past every number", "10^{10^9}", "10^{10^9+1}"],
  ["a large factorial", "1000000!", "1000001!"],
  ["1/2004! and 1/2006!", "\\frac{1}{2004!}", "\\frac{1}{2006!}"],
  ["10³ nested fractions", "1", `${"\\frac{1}{1+".repeat(1_000)}1${"}".repeat(1_000)}`],
  ["10⁵ nested fractions", "1", `${"\\frac{1}{1+".repeat(100_000)}1${"}".repeat(100_000)}`],
  ["10⁵ parentheses", "2", `${"(".repeat(100_000)}1${")".repeat(100_000)}`],
  ["300 nested roots", "1", `${"\\sqrt{".repeat(300)}2${"}".repeat(300)}`],
  ["10⁵ open boxes", "5", "\\boxed{".repeat(100_000)],
  ["10⁵ digits", LONG, `${LONG.slice(0, -1)}1`],
  ["20,000 terms", "20002", `${"1+".repeat(20_000)}1`],
  ["seven variables", "(a+b+c+d+e+f+g)^{30}", "(a+b+c+d+e+f+h)^{30}"],
  ["a large binomial", "\\binom{1000000}{500000}", "\\binom{1000000}{499999}"],
  ["a sum to 10⁹", "\\sum_{n=1}^{1000000000} n", "500000000500000001"],
  ["10⁵ dollar signs", "5", "$".repeat(100_000)],
  ["10⁵ spaces", "5", `${" ".repeat(100_000)}x`],
  ["10⁵ minus signs", "5", `${"-".repeat(100_000)}6`],
  ["a set of 3,000", `\\{${counted(3_000, String, ",")}\\}`, `\\{${counted(3_000, (n) => `${3_001 - n}`, ",")}\\}`],
  ["nested sines", `${"\\sin(".repeat(50)}x${")".repeat(50)}`, `${"\\sin(".repeat(50)}y${")".repeat(50)}`],
  ["a logarithm of a power", "2^{\\log_2 {3^{100000}}}", "3^{100001}"],
  [
    "150 large denominators",
    counted(150, (n) => `\\frac{1}{${1e9 + n}}`, "+"),
    counted(150, (n) => `\\frac{1}{${1e9 + n + 1}}`, "+"),
  ],
  ["150 roots in a set", counted(150, (n) => `\\sqrt{${n}}`, ","), counted(150, (n) => `\\sqrt{${151 - n}}`, ",")],
  ["60 high powers", counted(60, (n) => `(1/${n + 3})^{60}`, "+"), "1"],
  ["100 thousandth powers", counted(100, (n) => `\\frac{1}{${n + 7}^{1000}}`, "+"), "1"],
  ["nested powers", "x", `${"x^{".repeat(60)}2${"}".repeat(60)}`],
  ["nested mixed numbers", "1", `${"1\\frac{".repeat(60)}1${"}{1}".repeat(60)}`],
  ["nested text", "6", `${"\\text{".repeat(60)}5${"}".repeat(60)}`],
  ["20,000 markers", "5", "answer is ".repeat(20_000)],
  ["20,000 half markers", "5", "answer to ".repeat(20_000)],
  ["20,000 formulas", "5", "\\[ x \\]".repeat(20_000)],
  ["10⁵ brackets", "5", `${"[".repeat(100_000)}6${"]".repeat(100_000)}`],
  ["50,000 tags", "5", "<answer>".repeat(50_000)],
  ["unclosed thinking", "5", `${"<think>".repeat(50_000)}5`],
  ["4,000 commas", "1,2", `${"1,".repeat(2_000)}x`],
  ["names of prototypes", "5", "\\constructor\\__proto__ 6 constructor toString"],
];

/**
 * Milliseconds of processor time that one grading takes, at best of three where it seems too long: what the text
 * costs, without garbage collection of earlier ones and without what other processes do to the caches.
 */
function time(run: () => unknown): number {
  const times: number[] = [];
  do {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1_000);
  } while (Math.min(...times) >= 50 && times.length < 3);
  return Math.min(...times);
}

test.each(PROBES)("%s is judged wrong or ungradable, within 50 ms of blocking", (_, truth, response) => {
  const grader = openGrader();
  grader.grade({ groundTruth: "1", response: "\\boxed{2}" });
  for (const mode of ["response", "answer"] as const) {
    for (const [groundTruth, said] of [
      [truth, response],
      [response, truth],
      [truth, `\\boxed{${response}}`],
    ] as const) {
      const taken = time(() => {
        expect(grader.grade({ groundTruth, response: said, mode })).not.toHaveProperty("verdict", "correct");
      });
      expect(taken).toBeLessThan(50);
    }
  }
});

test("random mathematics, brackets, markers and bytes never throw, stay within 50 ms and leave no memory behind", () => {
  const grader = openGrader();
  const truths = ["5", "x^2+1", "\\frac{1}{2}", "(1,2)", "red", "C", "yes", "1,2", "x>1", "1\n2", "1:20 P.M.", "12 cm"];
  let slowest = 0;
  const grade = (seed: number): void => {
    const text = randomText(seed);
    const groundTruth = truths[seed % truths.length] as string;
    const mode = seed % 2 === 0 ? "answer" : "response";
    const response = seed % 3 === 0 ? `\\boxed{${text}}` : text;
    slowest = Math.max(
      slowest,
      time(() => grader.grade({ groundTruth, response, mode })),
    );
    slowest = Math.max(
      slowest,
      time(() => grader.grade({ groundTruth: text, response: groundTruth, mode })),
    );
  };
  for (let seed = 0; seed < 6_000; seed += 1) grade(seed);
  const before = process.memoryUsage().heapUsed;
  slowest = 0;
  for (let seed = 6_000; seed < 12_000; seed += 1) grade(seed);
  expect(slowest).toBeLessThan(50);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100_000_000);
});

test("text that a model could write around a wrong answer does not make it right", async () => {
  await using grader = openGrader();
  for (const response of [
    "The answer is 5 or 6 or 7",
    "\\boxed{5, 6, 7}",
    "\\boxed{5} \\boxed{6}",
    "5 is what one might think, but \\boxed{6}",
    "<think>5</think>",
    "<think>\\boxed{5}</think> \\boxed{}",
    "\\boxed{\\frac{5}{}}",
    "\\boxed{5 \\text{ or } 6}",
    "\\boxed{x: x = 5 or anything}",
    "\\boxed{5=6}",
    "\\boxed{5 \\neq 6}",
  ]) {
    expect(await grader.grade({ groundTruth: "5", response }), response).not.toHaveProperty("verdict", "correct");
  }
});

test("a second answer behind a pause takes the first one back, a reason does not", async () => {
  const grader = openGrader();
  const right = async (groundTruth: string, response: string): Promise<boolean> =>
    (await grader.grade({ groundTruth, response, mode: "answer" })).verdict === "correct";
  for (const response of ["red, blue", "red; blue", "red. blue", "red\nblue", "red. Or blue, who can tell"]) {
    expect(await right("red", response), response).toBe(false);
  }
  for (const response of ["red, because it is", "red, not blue", "Red.", "red. The cube at the left has it."]) {
    expect(await right("red", response), response).toBe(true);
  }
  for (const response of ["yes, no", "yes. No.", "yes, or maybe no"])
    expect(await right("yes", response), response).toBe(false);
  for (const response of ["yes, it is", "Yes, there is no cat"])
    expect(await right("yes", response), response).toBe(true);
});

test("a letter or a number joined to another, denied or bounded is no answer", async () => {
  const grader = openGrader();
  for (const [groundTruth, response] of [
    ["C", "C D"],
    ["C", "C? D"],
    ["C", "C\nD"],
    ["C", "\\boxed{C.D}"],
    ["C", "The answer is C/D"],
    ["C", "C is incorrect; D"],
    ["C", "I would not choose C"],
    ["5", "The answer is 5 (or 6)"],
    ["5", "The answer is 5~6"],
    ["5", "The answer is between 5 and 6"],
    ["5", "The answer is ≥5"],
    ["5", "> 5"],
  ] as const) {
    expect((await grader.grade({ groundTruth, response })).verdict, response).toBe("wrong");
  }
  expect((await grader.grade({ groundTruth: "B", response: "A cannot be, so B" })).verdict).toBe("correct");
  expect((await grader.grade({ groundTruth: "5", response: "<b>5</b>" })).verdict).toBe("correct");
});
