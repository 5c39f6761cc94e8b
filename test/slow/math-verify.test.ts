import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { askMathVerify } from "../../src/graders/math-verify.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = [
  { groundTruth: "\\frac{1}{2}", response: "so it is \\boxed{0.5}" },
  { groundTruth: "3", response: "4", mode: "answer" as const },
  { groundTruth: "\\text{no}", response: "\\boxed{yes}" },
];

/** A package of the real one's name and interface that says what it was asked, and fails on the third row. */
const STAND_IN = `
import sys
def parse(text):
    print(text, file=sys.stderr)
    if "no" in text:
        raise BaseException("as its timeouts are")
    return text
def verify(gold, answer):
    return gold == "\\\\boxed{\\\\frac{1}{2}}" and answer.endswith("\\\\boxed{0.5}")
`;

test("ground truths and bare answers are marked as LaTeX, and a failure inside is a verdict of wrong", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "math_verify"));
  await writeFile(join(folder, "math_verify", "__init__.py"), STAND_IN);
  vi.stubEnv("PYTHONPATH", folder);
  expect(await askMathVerify(ROWS)).toEqual([true, false, false]);
  vi.unstubAllEnvs();
});

test("the real package agrees on plain cases, where it is installed", async (context) => {
  if (spawnSync("python3", ["-c", "import math_verify"]).status !== 0)
    return context.skip("math-verify is not installed");
  expect(await askMathVerify(ROWS)).toEqual([true, false, false]);
});
