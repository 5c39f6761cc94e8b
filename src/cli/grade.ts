import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { WinnowError } from "../errors.ts";
import type { GradeRequest } from "../graders/grader.ts";
import { askMathVerify } from "../graders/math-verify.ts";
import { type GradingChoice, openConfiguredGrader } from "../graders/open-configured-grader.ts";
import type { Grade } from "../records.ts";
import type { Command } from "./command.ts";
import { readFlags, toArgs } from "./config-flag.ts";
import { GRADING_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";

/** A graded row as `--json` prints it. */
interface GradedRow {
  readonly id: string;
  readonly verdict: Grade["verdict"];
  readonly answer: string | null;
  readonly rule: string;
  readonly reason: string | null;
}

/** Rows graded before their lines are printed; whoever asks over a pipe waits for every one. */
const BATCH = 512;
const STANDARD_INPUT = "-";

export const gradeCommand: Command = {
  name: "grade",
  description: "Grade answers in a JSON-lines file: one verdict per row, with the rule that decided",
  args: {
    file: {
      type: "positional",
      description: "JSON lines, one answer per row; - for standard input, answered line by line",
    },
    gold: { type: "string", default: "gold", valueHint: "field", description: "Field of the ground truth" },
    response: { type: "string", default: "response", valueHint: "field", description: "Field of the response" },
    ...toArgs(GRADING_FLAGS),
    "judge-cache": { type: "string", valueHint: "file", description: "JSON lines of verdicts already paid for" },
    against: {
      type: "string",
      valueHint: "math-verify",
      description: "Grade with Math-Verify too; list disagreements",
    },
    python: { type: "string", default: "python3", description: "Interpreter that has math-verify" },
    json: { type: "boolean", description: "One JSON object per row" },
  },
  examples: [
    "winnow grade answers.jsonl --gold answer --response response",
    "winnow grade answers.jsonl --gold gold --response prediction --json",
    "winnow grade answers.jsonl --gold gold --response prediction --against math-verify",
    "winnow grade - --json",
  ],
  async run(args, signal) {
    if (args.against !== undefined && args.against !== "math-verify") {
      throw new WinnowError("usage", `\`--against\` takes math-verify, found \`${args.against}\`.`);
    }
    await using grader = await openConfiguredGrader(
      (readFlags(args, GRADING_FLAGS).input.grading ?? {}) as GradingChoice,
      args["judge-cache"] as string | undefined,
    );
    const counts = { correct: 0, wrong: 0, ungradable: 0 };
    const batch = args.file === STANDARD_INPUT ? 1 : BATCH;
    const compared: { row: GradedRow; request: GradeRequest }[] = [];
    let lines: string[] = [];
    for await (const { id, request } of readRequests(args)) {
      signal.throwIfAborted();
      const grade = await grader.grade(request);
      const row = {
        id,
        verdict: grade.verdict,
        answer: grade.answer ?? null,
        rule: grade.rule,
        reason: grade.reason ?? null,
      };
      counts[grade.verdict] += 1;
      if (args.against !== undefined) compared.push({ row, request });
      else lines.push(args.json === true ? JSON.stringify(row) : renderRow(row));
      if (lines.length >= batch) {
        print(`${lines.join("\n")}\n`);
        lines = [];
      }
    }
    if (lines.length > 0) print(`${lines.join("\n")}\n`);
    if (args.against !== undefined) await printDisagreements(compared, args);
    if (args.json !== true)
      print(`${counts.correct} correct, ${counts.wrong} wrong, ${counts.ungradable} ungradable\n`);
  },
};

async function* readRequests(
  args: Readonly<Record<string, unknown>>,
): AsyncGenerator<{ id: string; request: GradeRequest }> {
  const file = args.file as string;
  const stream = file === STANDARD_INPUT ? process.stdin : createReadStream(file, "utf8");
  let number = 0;
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() !== "") yield readRow(line, number, args);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw new WinnowError("usage", `No such file: ${file}.`, { cause });
    throw cause;
  }
}

function readRow(
  line: string,
  number: number,
  args: Readonly<Record<string, unknown>>,
): { id: string; request: GradeRequest } {
  const where = `${args.file} line ${number}`;
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line);
  } catch (cause) {
    throw new WinnowError("input", `${where}: expected one JSON object per line.`, { cause });
  }
  const choices =
    Array.isArray(row.choices) && row.choices.every((choice) => typeof choice === "string") ? row.choices : undefined;
  return {
    id: row.id === undefined ? String(number) : String(row.id),
    request: {
      groundTruth: readText(row, args.gold as string, where),
      response: readText(row, args.response as string, where),
      mode: row.mode === "answer" ? "answer" : "response",
      ...(choices !== undefined && choices.length > 0 && { choices }),
    },
  };
}

function readText(row: Record<string, unknown>, field: string, where: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const fields = Object.keys(row).join(", ");
  throw new WinnowError(
    "input",
    `${where}: expected a text or a number in \`${field}\`; the row has ${fields || "no fields"}.`,
  );
}

function renderRow(row: GradedRow): string {
  const answer = row.answer === null ? "" : `  ${row.answer.replaceAll(/\s+/g, " ").slice(0, 60)}`;
  return `${row.verdict.padEnd(10)}  ${row.id}  ${row.rule}${answer}${row.reason === null ? "" : `  (${row.reason})`}`;
}

async function printDisagreements(
  compared: readonly { row: GradedRow; request: GradeRequest }[],
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  const verdicts = await askMathVerify(
    compared.map(({ request }) => request),
    args.python as string,
  );
  let disagreements = 0;
  for (const [at, { row, request }] of compared.entries()) {
    const mathVerify = verdicts[at] === true ? "correct" : "wrong";
    const agrees = mathVerify === row.verdict;
    if (!agrees) disagreements += 1;
    if (args.json === true) print(`${JSON.stringify({ ...row, mathVerify, agrees })}\n`);
    else if (!agrees) {
      print(
        `${row.id}  winnow ${row.verdict}, math-verify ${mathVerify}  ${request.groundTruth.slice(0, 60)} | ${row.answer ?? ""}\n`,
      );
    }
  }
  if (args.json !== true) print(`${disagreements} disagreements in ${compared.length} rows\n`);
}
