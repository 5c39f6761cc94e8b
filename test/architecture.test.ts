import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const files = (readdirSync("src", { recursive: true }) as string[])
  .filter((name) => name.endsWith(".ts"))
  .map((name) => `src/${name.replaceAll("\\", "/")}`)
  .sort();

/** Folder (or file, at the top) that a source file belongs to. */
function place(file: string): string {
  return file.split("/")[1] as string;
}

const SHARED = ["records.ts", "errors.ts", "config.ts", "lib"];

/** Adding an arrow is a reviewed decision: what each place may import beside itself. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "records.ts": [],
  "errors.ts": [],
  "config.ts": ["errors.ts", "lib", "selection-config.ts"],
  "selection-config.ts": ["errors.ts", "lib"],
  lib: ["errors.ts"],
  hub: SHARED,
  formats: [...SHARED, "hub"],
  prompts: SHARED,
  models: SHARED,
  backends: [...SHARED, "models"],
  attention: [...SHARED, "models"],
  graders: SHARED,
  imports: [...SHARED, "formats", "backends"],
  recipes: SHARED,
  estimators: SHARED,
  selectors: [...SHARED, "estimators"],
  runs: SHARED,
  report: [...SHARED, "runs"],
  stages: [
    ...SHARED,
    "formats",
    "prompts",
    "backends",
    "attention",
    "graders",
    "imports",
    "recipes",
    "runs",
    "selectors",
  ],
  serve: [...SHARED, "backends"],
  view: [...SHARED, "attention", "estimators", "formats", "prompts", "runs"],
  "pipeline.ts": [...SHARED, "estimators", "prompts", "runs", "selectors", "stages"],
  cli: [
    ...SHARED,
    "estimators",
    "formats",
    "graders",
    "hub",
    "prompts",
    "recipes",
    "report",
    "runs",
    "selectors",
    "serve",
    "stages",
    "view",
    "pipeline.ts",
  ],
};

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) => match[1] as string);
  return found
    .map((path) => normalize(join(dirname(file), path)).replaceAll("\\", "/"))
    .filter((path) => path.startsWith("src/"));
}

test("folders import only what they are allowed to", () => {
  const broken = files
    .filter((file) => place(file) !== "index.ts")
    .flatMap((file) => importsOf(file).map((target) => [file, target] as const))
    .filter(([file, target]) => place(file) !== place(target) && !ARROWS[place(file)]?.includes(place(target)))
    .map(([file, target]) => `${file} → ${target}`);
  expect(broken).toEqual([]);
});

test("every place in src is listed among the arrows", () => {
  const places = new Set(files.map(place));
  places.delete("index.ts");
  expect([...places].filter((one) => !(one in ARROWS))).toEqual([]);
});

test("no source file is longer than 300 lines", () => {
  const long = files.map((file) => [file, readFileSync(file, "utf8").split("\n").length - 1] as const);
  expect(long.filter(([, lines]) => lines > 300)).toEqual([]);
});

test("no file is named utils, helpers, common or misc, or is a manager or a service", () => {
  expect(files.filter((file) => /(utils?|helpers?|common|misc|manager|service)\.ts$/.test(file))).toEqual([]);
});

test("only the command line ends the process", () => {
  const exits = files.filter((file) => /process\.exit\(/.test(readFileSync(file, "utf8")));
  expect(exits.filter((file) => place(file) !== "cli")).toEqual([]);
});

test("ARCHITECTURE.md has a line for every source file, and names none that is gone", () => {
  const text = readFileSync("ARCHITECTURE.md", "utf8");
  const named = new Set([...text.matchAll(/`(src\/[^`]+\.ts)`/g)].map((match) => match[1] as string));
  expect(files.filter((file) => !named.has(file))).toEqual([]);
  expect([...named].filter((file) => !files.includes(file))).toEqual([]);
});
