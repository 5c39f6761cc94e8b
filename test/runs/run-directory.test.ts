import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunDirectory } from "../../src/runs/run-directory.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("a second run in the same directory is refused, with the process named", async () => {
  const folder = await temporaryFolder();
  await using _run = await openRunDirectory(folder, 0);
  await expect(openRunDirectory(folder, 1)).rejects.toThrow(`in use by process ${process.pid}`);
});

test("a directory is free again after its run was closed", async () => {
  const folder = await temporaryFolder();
  await (await openRunDirectory(folder, 0))[Symbol.asyncDispose]();
  await using again = await openRunDirectory(folder, 1);
  expect(again.path).toBe(folder);
});

test("the lock of a process that is gone is taken over", async () => {
  const folder = await temporaryFolder();
  const gone = spawnSync(process.execPath, ["-e", ""]).pid;
  await writeFile(join(folder, "run.lock"), JSON.stringify({ pid: gone, started: "1", host: hostname(), token: "x" }));
  await using _run = await openRunDirectory(folder, 0);
  expect(JSON.parse(await readFile(join(folder, "run.lock"), "utf8")).pid).toBe(process.pid);
});

test("the lock of a reused process id is taken over", async () => {
  const folder = await temporaryFolder();
  const reused = { pid: process.pid, started: "before the machine was started", host: hostname(), token: "x" };
  await writeFile(join(folder, "run.lock"), JSON.stringify(reused));
  await using _run = await openRunDirectory(folder, 0);
  expect(JSON.parse(await readFile(join(folder, "run.lock"), "utf8")).token).not.toBe("x");
});

test("a lock of another host is left alone", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "run.lock"), JSON.stringify({ pid: 1, started: null, host: "elsewhere", token: "x" }));
  await expect(openRunDirectory(folder, 0)).rejects.toThrow("process 1 on elsewhere");
});

test("half-written files of a killed process are cleared away", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "rollouts.parquet.tmp"), "half");
  await using _run = await openRunDirectory(folder, 0);
  expect(await readdir(folder)).not.toContain("rollouts.parquet.tmp");
});

test("a path that is a file is refused with the way out", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(openRunDirectory(file, 0)).rejects.toThrow("Choose another with --out");
});
