import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { DATASET_FLAGS, GRADING_FLAGS, ROLLOUT_FLAGS, SELECTION_FLAGS } from "../src/cli/config-flags.ts";
import { COMMANDS } from "../src/cli/main.ts";
import { parseConfig, resolveSelection } from "../src/config.ts";
import * as winnow from "../src/index.ts";

const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"].concat(
  (readdirSync("docs", { recursive: true }) as string[])
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);

test("every link of every page leads to a file", () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map((match) => match[1] as string)
      .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("the README opens with the two command lines", () => {
  const text = readFileSync("README.md", "utf8");
  expect(text).toContain("npm ci && npm run demo");
  expect(text).toContain("npm ci && npm test");
});

test("the example configuration names every option, and says the defaults", () => {
  const text = readFileSync("examples/winnow.yaml", "utf8");
  const given = parseConfig(parse(text), "examples/winnow.yaml");
  expect(given).toEqual({ ...parseConfig({ dataset: "figures" }, "test"), dataset: "figures" });
  const whole = parse(text.replace(/^(\s*)# (?=\S+:( |$))/gm, "$1").replace(/^# {3}(?=\S+:)/gm, "  "));
  const config = parseConfig({ ...whole, out: "x" }, "examples/winnow.yaml with every comment taken in");
  const { budget, curves: _, domains: __, ...selection } = resolveSelection(config.selection, 0);
  expect(selection).toEqual(resolveSelection({}, 0));
  expect(budget).toEqual({ share: 0.1 });
  const keys = Object.values({ ...DATASET_FLAGS, ...ROLLOUT_FLAGS, ...GRADING_FLAGS, ...SELECTION_FLAGS });
  const named = keys.filter(({ key }) => key !== "format" && !new RegExp(`\\b${key.split(".").at(-1)}:`).test(text));
  expect(named).toEqual([]);
});

test("every command has examples that name it, and a flag for none is missing a description", () => {
  for (const command of COMMANDS) {
    expect(command.examples.every((line) => line.startsWith(`winnow ${command.name}`))).toBe(true);
    for (const arg of Object.values(command.args)) expect(arg.description).toBeTruthy();
  }
});

test("the public API offers the steps of the command line", () => {
  const steps = ["openDataset", "openOnnxBackend", "openGrader", "newSelector", "runPipeline", "summariseRun"];
  expect(steps.filter((name) => !(name in winnow))).toEqual([]);
});

test("there are at most ten scripts, and what is published holds the model, the recipes and the report's styles", () => {
  const { scripts, files } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(Object.keys(scripts).length).toBeLessThanOrEqual(10);
  for (const folder of ["models", "recipes"]) expect(files).toContain(folder);
  for (const style of ["viewer/src/tokens.css", "src/report/html/report.css"]) expect(files).toContain(style);
});

test("the lock file holds every platform's packages, without which npm ci refuses it", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  const held = Object.keys(packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13));
  expect(wanted.filter((name) => !held.includes(name))).toEqual([]);
  expect(readFileSync("package-lock.json", "utf8")).not.toContain('"resolved"');
});
