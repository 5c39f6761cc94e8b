import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const winnow = join(packageRoot(), "bin", "winnow.js");
const data = join(packageRoot(), "..", "shared", "data");

/** Sets of real questions, and how many rows of each are really unusable. */
const SETS: Readonly<Record<string, { readonly rows: number; readonly rejected: number }>> = {
  "easyvqa-train": { rows: 2000, rejected: 0 },
  "k12-dev": { rows: 150, rejected: 0 },
  "mathv-dev": { rows: 158, rejected: 0 },
  "tabmwp-dev": { rows: 225, rejected: 0 },
  "nlvr-dev": { rows: 300, rejected: 0 },
};

for (const [name, { rows, rejected }] of Object.entries(SETS)) {
  const folder = join(data, name);
  test(`${name} goes through end to end with the nano model`, async (context) => {
    if (!existsSync(folder)) return context.skip(`${folder} is not here`);
    const out = await temporaryFolder();
    const flags = ["--out", out, "--quiet", "--json", "--allow-empty"];
    const run = spawnSync(process.execPath, [winnow, "run", folder, ...flags], { encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
    const summary = await summariseRun(out);
    expect(summary.samples + summary.duplicates + summary.rejected).toBe(rows);
    expect(summary.rejected, await readFile(join(out, "rejected.jsonl"), "utf8")).toBe(rejected);
    expect(summary.state).toBe("done");
    expect(summary.subset !== null && existsSync(summary.subset)).toBe(true);
    console.log(`${name}: ${summary.samples} samples, ${summary.ungradable} ungradable, ${summary.selected} selected`);
  });
}
