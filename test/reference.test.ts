import { readFileSync } from "node:fs";
import type { ArgsDef } from "citty";
import { expect, test } from "vitest";
import { COMMANDS } from "../src/cli/main.ts";

/** What a flag takes, as written after it. */
function describeArgument(name: string, arg: ArgsDef[string]): string {
  if (arg.type === "positional") return `\`${name.toUpperCase()}\``;
  const hint = "valueHint" in arg && arg.valueHint !== undefined ? ` ${arg.valueHint}` : "";
  return `\`--${name}${arg.type === "boolean" ? "" : hint}\``;
}

/** A text in a cell of a table: a bar would end the cell, and `<` and `$` are markup to some renderers. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "\\<").replaceAll("$", "\\$");
}

function renderCommands(): string {
  const parts = COMMANDS.map(({ name, description, args, examples }) => {
    const rows = Object.entries(args).map(
      ([key, arg]) => `| ${cell(describeArgument(key, arg))} | ${cell(arg.description ?? "")} |`,
    );
    const table = `| argument | meaning |\n| --- | --- |\n${rows.join("\n")}`;
    return `## \`winnow ${name}\`\n\n${description}.\n\n${examples.map((line) => `    ${line}`).join("\n")}\n\n${table}\n`;
  });
  return `# Commands\n\nEvery command and every flag, written by a test from the code: do not edit. \`winnow COMMAND --help\` prints the
same. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted with the state saved.\n\n${parts.join("\n")}`;
}

function renderOptions(): string {
  const yaml = readFileSync("examples/winnow.yaml", "utf8").trimEnd();
  return `# Options\n\nEvery option of a configuration file with its default, from \`examples/winnow.yaml\`, written by a test: do not
edit. \`winnow run winnow.yaml\` reads it; flags win over it.\n\n\`\`\`yaml\n${yaml}\n\`\`\`\n`;
}

test("the reference of commands and options is what the code says", async () => {
  await expect(renderCommands()).toMatchFileSnapshot("../docs/reference/commands.md");
  await expect(renderOptions()).toMatchFileSnapshot("../docs/reference/options.md");
});
