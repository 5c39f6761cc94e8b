import type { ArgsDef, CommandDef } from "citty";
import { parseArgs, renderUsage } from "citty";
import { WinnowError } from "../errors.ts";

/** A command of `winnow`, named as typed. */
export interface Command {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  /** Command lines shown under `--help`. */
  readonly examples: readonly string[];
  /** Runs it; `args` holds positionals and flags by name. Returns what `--json` prints, if anything. */
  run(args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void>;
}

/** Flags that may be given several times; their values are joined by commas. */
const REPEATABLE = ["base-url"];

/** Flags whose value may be left out, and is then the empty text; they take a word only once no positional lacks one. */
const OPTIONAL_VALUE = ["html"];

/** Reads a command's arguments strictly: an unknown flag, a flag without its value or a surplus word is a usage error. */
export function readArguments(command: Command, argv: readonly string[]): Record<string, unknown> {
  const positionals = Object.entries(command.args).filter(([, arg]) => arg.type === "positional");
  const required = positionals.filter(([, arg]) => arg.required !== false);
  const words: string[] = [];
  const spelled = [...argv];
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] as string;
    if (!word.startsWith("--")) {
      words.push(word);
      continue;
    }
    const name = word.slice(2).split("=")[0] as string;
    const arg = findFlag(command, name);
    if (arg.type === "boolean" || word.includes("=")) continue;
    at += 1;
    const value = argv[at];
    if (OPTIONAL_VALUE.includes(name) && (value?.startsWith("--") !== false || words.length < required.length)) {
      at -= 1;
      spelled[at] = `${word}=`;
      continue;
    }
    if (value === undefined || value.startsWith("--")) {
      throw new WinnowError("usage", `\`--${name}\` needs a value; \`winnow ${command.name} --help\` says which.`);
    }
  }
  if (words.length < required.length || words.length > positionals.length) {
    const expected = positionals.map(([name]) => name.toUpperCase()).join(" ") || "no words";
    const found = words.length === 0 ? "nothing" : `\`${words.join(" ")}\``;
    throw new WinnowError("usage", `\`winnow ${command.name}\` takes ${expected}, found ${found}.`);
  }
  return { ...(parseArgs(spelled, command.args) as Record<string, unknown>), ...joinRepeated(argv) };
}

function findFlag(command: Command, name: string): ArgsDef[string] {
  const plain = name.replace(/^no-/, "");
  const arg = command.args[name] ?? (command.args[plain]?.type === "boolean" ? command.args[plain] : undefined);
  if (arg !== undefined && arg.type !== "positional") return arg;
  throw new WinnowError("usage", `Unknown flag \`--${name}\`; \`winnow ${command.name} --help\` lists the flags.`);
}

/** The repeatable flags that were given, each with all its values. */
function joinRepeated(argv: readonly string[]): Record<string, string> {
  const given = REPEATABLE.map((name) => [name, valuesOf(argv, name).join(",")] as const);
  return Object.fromEntries(given.filter(([, values]) => values !== ""));
}

function valuesOf(argv: readonly string[], name: string): string[] {
  return argv.flatMap((word, at) => {
    if (word === `--${name}`) return [argv[at + 1] as string];
    return word.startsWith(`--${name}=`) ? [word.slice(name.length + 3)] : [];
  });
}

/** The text of `--help`. */
export async function renderHelp(command: Command, version: string): Promise<string> {
  const definition: CommandDef = {
    meta: { name: `winnow ${command.name}`, description: command.description, version },
    args: command.args,
  };
  const examples = command.examples.map((example) => `  ${example}`).join("\n");
  return `${(await renderUsage(definition)).trimEnd()}\n\nEXAMPLES\n\n${examples}\n`;
}
