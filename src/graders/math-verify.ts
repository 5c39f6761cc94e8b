import { spawn } from "node:child_process";
import { once } from "node:events";
import { WinnowError } from "../errors.ts";

/** A ground truth and a response for Hugging Face's Math-Verify. */
export interface MathVerifyRow {
  readonly groundTruth: string;
  readonly response: string;
  /** `answer`: the response is a bare answer. */
  readonly mode?: "response" | "answer";
}

const PROGRAM = `
import json, sys
try:
    from math_verify import parse, verify
except ImportError:
    sys.exit(86)
# Math-Verify reads LaTeX only where it is marked as such; verl boxes ground truths for that reason.
def boxed(text):
    return text if "$" in text or "\\\\boxed" in text else "\\\\boxed{" + text + "}"
for line in sys.stdin:
    row = json.loads(line)
    response = boxed(row["response"]) if row.get("mode") == "answer" else row["response"]
    try:
        verdict = bool(verify(parse(boxed(row["groundTruth"])), parse(response)))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # Its TimeoutException is no Exception.
        verdict = False
    print(json.dumps(verdict), flush=True)
`;

/** What the program exits with when the package is not there. */
const ABSENT = 86;

/**
 * The verdicts of Math-Verify, in order. Throws `WinnowError("missing")` when Python or the package
 * is not installed; `python` names the interpreter.
 */
export async function askMathVerify(rows: readonly MathVerifyRow[], python = "python3"): Promise<readonly boolean[]> {
  const child = spawn(python, ["-c", PROGRAM], { stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let trouble = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (trouble = (trouble + text).slice(-500)));
  // A program that has already exited closes its end; its exit code says why.
  child.stdin.on("error", () => {});
  child.stdin.end(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const [code] = await once(child, "close").catch((cause: unknown) => {
    throw new WinnowError("missing", `\`${python}\` cannot be started; install Python 3 with math-verify.`, { cause });
  });
  if (code === ABSENT) {
    throw new WinnowError(
      "missing",
      `Math-Verify is not installed for \`${python}\`: \`pip install "math-verify[antlr4_13_2]"\`.`,
    );
  }
  const verdicts = output.split("\n").filter(Boolean);
  if (code !== 0 || verdicts.length !== rows.length) {
    throw new WinnowError(
      "run",
      `Math-Verify stopped after ${verdicts.length} of ${rows.length} rows: ${trouble.trim()}`,
    );
  }
  return verdicts.map((verdict) => verdict === "true");
}
