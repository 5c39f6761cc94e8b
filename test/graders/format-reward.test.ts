import { expect, test } from "vitest";
import { formatReward } from "../../src/graders/format-reward.ts";

test.each([
  ["<think>two and two</think> \\boxed{4}", 1],
  ["<think>two and two</think> so it is \\boxed{\\frac{1}{2}}.", 1],
  ["<think>\\boxed{4}</think> four", 0],
  ["\\boxed{4}", 0],
  ["<think>never closed \\boxed{4}", 0],
  ["<think>a</think><think>b</think> \\boxed{4}", 0],
  ["<think>a</think> \\boxed{}", 0],
  ["<think>a</think> \\boxed{4", 0],
  ["Well: <think>a</think> \\boxed{4}", 0],
] as const)("%s earns %i, whatever the answer", (response, reward) => {
  expect(formatReward(response)).toBe(reward);
});
