import { appendFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { openRunDirectory } from "../../src/runs/run-directory.ts";
import { fakeWorkers, serveWorkers } from "../attention/fake-worker.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { capturePrinted, printed } from "./captured-output.ts";

capturePrinted();

/** One sentence or two on standard error, from the tool and not from a stack trace. */
function expectOneSentence(): void {
  expect(printed.err).toMatch(/^winnow: .+\n$/);
  expect(printed.err).not.toMatch(/unexpected error|\n\s+at /);
}

test("help and version are printed and done", async () => {
  expect(await main(["--help"])).toBe(0);
  expect(printed.out).toContain("winnow run");
  expect(await main(["select", "--help"])).toBe(0);
  expect(printed.out).toContain("winnow select runs/figures --preset robust");
  expect(await main(["--version"])).toBe(0);
});

test.each([
  [["sprint"], "Unknown command `sprint`"],
  [["run"], "takes TARGET, found nothing"],
  [["run", "x", "--lamda-c", "1"], "Unknown flag `--lamda-c`"],
  [["run", "x", "--rollouts", "0"], "`--rollouts`"],
  [["run", "x", "--rollouts", "five"], 'found `"five"`'],
  [["run", "x", "--top-p", "1.5"], "`--top-p`"],
  [["run", "x", "--preset", "best"], '"paper"|"robust"'],
  [["run", "x", "--lambda-a", "p90"], "q90"],
  [["run", "x", "--budget", "110%"], "at most 100%"],
  [["run", "x", "--judge", "http://user:secret@localhost/v1"], "must not hold a user name or password"],
])("wrong usage %j exits with 2 and says what is allowed", async (argv, message) => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 2);
  const named = argv.map((word) => (word === "x" ? dataset : word));
  const flags = argv.includes("x") ? ["--out", join(folder, "run")] : [];
  expect(await main([...named, ...flags])).toBe(2);
  expect(printed.err).toContain(message);
  expect(printed.err).not.toContain("secret");
  expectOneSentence();
});

test("a configuration file's bad key is named with the file", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "c.yaml"), "dataset: d\nsampling: { rolouts: 3 }\n");
  expect(await main(["run", join(folder, "c.yaml")])).toBe(2);
  expect(printed.err).toContain("c.yaml: unknown key `sampling.rolouts`");
});

test.each([
  ["missing.parquet", undefined, "missing.parquet"],
  ["empty.jsonl", "", "empty.jsonl"],
  ["notes.txt", "hello", "notes.txt"],
  ["bad.parquet", "PAR1 this is not Parquet PAR1", "bad.parquet"],
  ["bad.jsonl", '{"question": "a"\n', "bad.jsonl"],
  ["columns.jsonl", '{"text": "a", "label": "b"}\n', "no column looks like the question"],
  ["two.jsonl", '{"question": "a", "answer": "1", "ground_truth": "2", "image": "x.png"}\n', "--answer COLUMN"],
])("%s is refused in one sentence that names it", async (name, content, message) => {
  const folder = await temporaryFolder();
  if (content !== undefined) await writeFile(join(folder, name), content);
  expect(await main(["run", join(folder, name), "--out", join(folder, "run"), "--quiet"])).toBe(1);
  expect(printed.err).toContain(message);
  expectOneSentence();
});

test("an unknown column is refused with the columns there are", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 2);
  expect(await main(["run", dataset, "--answer", "gold", "--out", join(folder, "run"), "--quiet"])).toBe(1);
  expect(printed.err).toMatch(/no column `gold`.*`answer`/);
});

test("unusable rows are listed with their reasons and the run goes on, up to --max-rejected", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 20);
  const row = (more: object): string => `${JSON.stringify({ question: "<image>Q?", answer: "1", ...more })}\n`;
  const truncated = (await readFile(join(folder, "images/1.png"))).subarray(0, 60);
  await writeFile(join(folder, "images/cut.png"), truncated);
  await symlink("/etc/hostname", join(folder, "images/link.png"));
  const bomb = await sharp({ create: { width: 9000, height: 9000, channels: 3, background: "white" } })
    .png()
    .toBuffer();
  await writeFile(join(folder, "images/bomb.png"), bomb);
  const bad: [string, object][] = [
    ["no-image", { images: [] }],
    ["image-unreadable", { images: ["images/cut.png"] }],
    ["image-missing", { images: ["images/gone.png"] }],
    ["empty-question", { question: " ", images: ["images/1.png"] }],
    ["no-answer", { answer: null, images: ["images/1.png"] }],
    ["placeholder-count", { question: "<image><image>Q?", images: ["images/1.png"] }],
    ["path-outside-dataset", { images: ["../outside.png"] }],
    ["path-outside-dataset", { images: ["images/link.png"] }],
    ["image-too-large", { images: ["images/bomb.png"] }],
  ];
  await writeFile(dataset, (await readFile(dataset, "utf8")) + bad.map(([, more]) => row(more)).join(""));
  const flags = ["--out", join(folder, "run"), "--quiet", "--json", "--allow-empty"];
  expect(await main(["run", dataset, ...flags])).toBe(1);
  expect(printed.err).toMatch(/9 of 29 rows \(31\.0 %\) cannot be used .* more than --max-rejected 20%/);
  const lines = (await readFile(join(folder, "run", "rejected.jsonl"), "utf8")).trimEnd().split("\n");
  const rejected = lines.map((line) => JSON.parse(line) as { row: number; code: string; reason: string });
  expect(rejected.map(({ code }) => code)).toEqual(bad.map(([code]) => code));
  expect(rejected.map(({ row: at }) => at)).toEqual(bad.map((_, index) => 20 + index));
  expect(rejected.every(({ reason }) => reason.length > 20)).toBe(true);
  expect(await main(["run", dataset, ...flags, "--max-rejected", "40%"])).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ samples: 20, rejected: 9, state: "done" });
});

test("a run in a directory that is in use, or is a file, says so", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 2);
  await mkdir(join(folder, "run"));
  await using _held = await openRunDirectory(join(folder, "run"), 0);
  expect(await main(["run", dataset, "--out", join(folder, "run"), "--quiet"])).toBe(1);
  expect(printed.err).toContain(`in use by process ${process.pid}`);
  printed.err = "";
  expect(await main(["run", dataset, "--out", dataset, "--quiet"])).toBe(1);
  expect(printed.err).toContain("Choose another with --out");
  expectOneSentence();
});

test("what is no run directory is refused by the commands that need one", async () => {
  const folder = await temporaryFolder();
  for (const command of ["report", "select", "attend"]) {
    printed.err = "";
    expect(await main([command, folder])).toBe(1);
    expect(printed.err).toContain("holds no run.json");
  }
});

test("a selection of nothing shows the funnel, writes no subset and exits with 1", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 3);
  expect(await main(["run", dataset, "--out", join(folder, "run"), "--quiet", "--lambda-c", "1"])).toBe(1);
  expect(printed.out).toMatch(/samples +3 .*\n.*passed CDE/);
  expect(printed.err).toMatch(/CDE.*--allow-empty/);
  expectOneSentence();
  const page = await readFile(join(folder, "run", "report.html"), "utf8");
  expect(page).toContain("CDE turned all 3 gradable samples away");
  printed.out = "";
  expect(await main(["report", "--html", join(folder, "run")])).toBe(0);
  expect(printed.out).toBe(`${join(folder, "run", "report.html")}\n`);
  expect(await readFile(join(folder, "run", "report.html"), "utf8")).toBe(page);
  expect(await main(["report", join(folder, "run"), "--html", join(folder, "other.html")])).toBe(0);
  expect(await readFile(join(folder, "other.html"), "utf8")).toBe(page);
  printed.out = "";
  expect(await main(["report", join(folder, "run"), "--json"])).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ samples: 3, selected: 0, subset: null, attended: 0 });
});

test("doctor finds the model seeing, and names an ungradable ground truth", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 10);
  const answer = "Because triangles ABC and DEF are similar, it follows that their sides are proportional.";
  await writeFile(
    dataset,
    `${await readFile(dataset, "utf8")}${JSON.stringify({ question: "Why?", answer, images: ["images/1.png"] })}\n`,
  );
  expect(await main(["doctor", dataset, "--out", join(folder, "run"), "--quiet"])).toBe(0);
  expect(printed.out).toMatch(/ok +dataset +11 of 11 rows usable/);
  expect(printed.out).toMatch(/ok +sight +at least 16 image tokens/);
  expect(printed.out).toMatch(/ok +images +11 images; pixels p50 24, p90 24, p99 24, max 24/);
  expect(printed.out).toMatch(
    /ok +prompt length +about p50 \d+, .* response of up to 32; the model takes 4096 together\n/,
  );
  expect(printed.out).toMatch(/row 10: "Because triangles/);
});

test("doctor counts the prompts that are too long for the model, and asks none of them", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 10);
  const long = { question: `<image>${"How many? ".repeat(2000)}`, answer: "3", images: ["images/1.png"] };
  await appendFile(dataset, `${JSON.stringify(long)}\n`);
  expect(await main(["doctor", dataset, "--out", join(folder, "run"), "--quiet"])).toBe(0);
  expect(printed.out).toMatch(/note +prompt length +about p50 .*: some 1 of 11 prompts leave too little room for it\n/);
});

test("doctor notes how many responses a worker read over other tokens than were sampled", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 3);
  const workers = fakeWorkers();
  const differing = async (...request: Parameters<typeof fetch>): Promise<Response> => {
    const body = (await (await workers.fetch(...request)).json()) as { results?: object[] };
    const results = body.results?.map((one, at) => ({ ...one, tokenMismatch: at === 0 }));
    return Response.json({ ...body, ...(results && { results }) });
  };
  await using served = await serveWorkers(differing);
  const flags = ["--attention", "worker", "--attention-urls", served.url, "--quiet"];
  expect(await main(["doctor", dataset, "--out", join(folder, "run"), ...flags])).toBe(0);
  expect(printed.out).toMatch(/note +attention +read for 3 responses, 1 over other tokens than were sampled/);
});
