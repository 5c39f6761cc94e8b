import { expect, test } from "vitest";
import { type Command, readArguments, renderHelp } from "../../src/cli/command.ts";

const COMMAND: Command = {
  name: "try",
  description: "Tries",
  args: {
    target: { type: "positional", description: "What" },
    "lambda-c": { type: "string", valueHint: "x", description: "Threshold" },
    html: { type: "string", valueHint: "file", description: "Page" },
    json: { type: "boolean", description: "For machines" },
  },
  examples: ["winnow try it"],
  async run() {},
};

test("flags and words are read by name", () => {
  const args = readArguments(COMMAND, ["it", "--lambda-c", "0.6", "--json"]);
  expect([args.target, args["lambda-c"], args.json]).toEqual(["it", "0.6", true]);
  expect(readArguments(COMMAND, ["it", "--lambda-c=-1"])["lambda-c"]).toBe("-1");
});

test("an unknown flag is a usage error that names it", () => {
  expect(() => readArguments(COMMAND, ["it", "--lamda-c", "1"])).toThrow("Unknown flag `--lamda-c`");
});

test("a flag without its value is a usage error", () => {
  expect(() => readArguments(COMMAND, ["it", "--lambda-c"])).toThrow("`--lambda-c` needs a value");
  expect(() => readArguments(COMMAND, ["it", "--lambda-c", "--json"])).toThrow("`--lambda-c` needs a value");
});

test.each([
  [["it", "--html"], ""],
  [["--html", "it"], ""],
  [["it", "--html", "--json"], ""],
  [["it", "--html", "page.html"], "page.html"],
  [["it", "--html=page.html"], "page.html"],
  [["it"], undefined],
])("of %j the page is %j and the target is still it", (argv, page) => {
  expect(readArguments(COMMAND, argv)).toMatchObject({ target: "it", ...(page !== undefined && { html: page }) });
});

test("a missing and a surplus word are usage errors", () => {
  expect(() => readArguments(COMMAND, [])).toThrow("takes TARGET, found nothing");
  expect(() => readArguments(COMMAND, ["a", "b"])).toThrow("found `a b`");
});

test("help shows flags and examples", async () => {
  const help = await renderHelp(COMMAND, "1.2.3");
  expect(help).toContain("--lambda-c");
  expect(help).toContain("EXAMPLES\n\n  winnow try it");
});

test("a repeatable flag keeps every value", () => {
  const command: Command = {
    ...COMMAND,
    args: { ...COMMAND.args, "base-url": { type: "string", description: "Server" } },
  };
  const args = readArguments(command, ["it", "--base-url", "http://a/v1", "--base-url=http://b/v1"]);
  expect(args["base-url"]).toBe("http://a/v1,http://b/v1");
});
