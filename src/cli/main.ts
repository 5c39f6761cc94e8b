import { WinnowError } from "../errors.ts";
import { VERSION } from "../stages/new-manifest.ts";
import { attendCommand } from "./attend.ts";
import { type Command, readArguments, renderHelp } from "./command.ts";
import { compareCommand } from "./compare.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { gradeCommand } from "./grade.ts";
import { importCommand } from "./import.ts";
import { planCommand } from "./plan.ts";
import { print } from "./print.ts";
import { pushCommand } from "./push.ts";
import { refreshCommand } from "./refresh.ts";
import { reportCommand } from "./report.ts";
import { rolloutCommand } from "./rollout.ts";
import { runCommand } from "./run.ts";
import { selectCommand } from "./select.ts";
import { serveCommand } from "./serve.ts";
import { viewCommand } from "./view.ts";

/** Every command, in the order people meet them. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  doctorCommand,
  planCommand,
  reportCommand,
  viewCommand,
  selectCommand,
  refreshCommand,
  rolloutCommand,
  compareCommand,
  attendCommand,
  exportCommand,
  pushCommand,
  importCommand,
  gradeCommand,
  serveCommand,
];

/** Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted with the state saved. */
const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Runs one command line and says with which code to exit; the only place that prints errors. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    print(overview());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  if (name === "--version" || name === "-v") {
    print(`${VERSION}\n`);
    return EXIT.done;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const names = COMMANDS.map((candidate) => candidate.name).join(", ");
    return fail(new WinnowError("usage", `Unknown command \`${name}\`; the commands are ${names}.`));
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    print(await renderHelp(command, VERSION));
    return EXIT.done;
  }
  const interruption = new AbortController();
  const onSignal = (): void => {
    // A second signal does not wait for the state to be saved; nothing finished is lost either way.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort(new WinnowError("interrupted", "Interrupted."));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    await command.run(readArguments(command, rest), interruption.signal);
    return EXIT.done;
  } catch (error) {
    return fail(error);
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  const lines = COMMANDS.map((command) => `  winnow ${command.name.padEnd(width)}  ${command.description}`);
  return `Winnow ${VERSION}: which samples are worth training a multi-modal model on.\n\n${lines.join("\n")}\n\n\`winnow COMMAND --help\` explains one, with examples.\n`;
}

function fail(error: unknown): number {
  const known = error instanceof WinnowError ? error : describeSystemError(error as NodeJS.ErrnoException);
  if (known === undefined) {
    process.stderr.write(`winnow: unexpected error, please report it: ${(error as Error)?.stack ?? String(error)}\n`);
    return EXIT.failed;
  }
  process.stderr.write(`winnow: ${known.message}\n`);
  return known.code === "usage" ? EXIT.usage : known.code === "interrupted" ? EXIT.interrupted : EXIT.failed;
}

/** What the operating system refused, in a sentence; the run stays resumable in each case. */
function describeSystemError(error: NodeJS.ErrnoException): WinnowError | undefined {
  const text = `${error?.code ?? ""} ${error?.message ?? ""}`;
  const where = error?.path === undefined ? "" : ` (${error.path})`;
  if (/ENOSPC|No space left on device/.test(text)) {
    return new WinnowError(
      "run",
      `The disk is full${where}. Nothing finished is lost: make room and run the same command again.`,
    );
  }
  if (/EACCES|EPERM|EROFS|Permission denied/.test(text)) {
    return new WinnowError("run", `Not allowed to write${where}: ${error.message}. Nothing finished is lost.`);
  }
  return undefined;
}
