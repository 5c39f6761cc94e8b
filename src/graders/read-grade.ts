import { z } from "zod";
import { WinnowError } from "../errors.ts";
import type { Grade } from "../records.ts";

const gradeSchema = z.object({
  verdict: z.enum(["correct", "wrong", "ungradable"]),
  answer: z.string().optional(),
  rule: z.string().optional(),
  reason: z.string().optional(),
});

/** Checks what a reward of the user's own returned; anything but a grade is a `WinnowError("input")`. */
export function readGrade(value: unknown, source: string): Grade {
  const result = gradeSchema.safeParse(value);
  if (!result.success) {
    const found = JSON.stringify(value)?.slice(0, 120) ?? String(value);
    throw new WinnowError(
      "input",
      `${source}: expected {verdict: "correct" | "wrong" | "ungradable", answer?, rule?, reason?}, found ${found}.`,
    );
  }
  const { verdict, answer, rule, reason } = result.data;
  if (verdict === "ungradable" && reason === undefined) {
    throw new WinnowError("input", `${source}: an ungradable verdict needs a \`reason\`.`);
  }
  return {
    verdict,
    rule: rule ?? "reward",
    ...(answer !== undefined && { answer }),
    ...(reason !== undefined && { reason }),
  };
}
