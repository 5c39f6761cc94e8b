import { stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { exportDataset } from "../../src/stages/export-dataset.ts";
import type { Progress } from "../../src/stages/progress.ts";
import { SILENT } from "../../src/stages/progress.ts";
import { sql } from "../formats/database.ts";
import { png } from "../formats/pictures.ts";
import { openPlantedBackend } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = 15_000;

test("exporting 15,000 rows of 20 kB, 300 MB, as Parquet and as files stays within 450 MB", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "data.parquet");
  const picture = Buffer.concat([png(), Buffer.alloc(20_000, 0x5a)]).toString("hex");
  await sql(
    `COPY (SELECT i AS id, 'What is ' || i || '?' AS question, i::VARCHAR AS answer, from_hex('${picture}') || encode(i::VARCHAR) AS image
     FROM range(${ROWS}) t(i)) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  const run = join(folder, "run");
  const config = parseConfig({ dataset: file, selection: { method: "full" }, allowEmpty: true }, "test");
  await runPipeline(config, run, { parts: { backend: openPlantedBackend().backend, attention: null } });
  let done = 0;
  let peak = 0;
  const progress: Progress = {
    ...SILENT,
    advance: () => {
      done += 1;
      if (done % 500 !== 0) return;
      globalThis.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + arrayBuffers);
    },
  };
  for (const to of ["easyr1", "ms-swift"]) {
    const exported = await exportDataset(run, to, { folder: join(folder, to), progress });
    expect(exported).toMatchObject({ rows: ROWS, images: to === "easyr1" ? 0 : ROWS });
    expect(exported.bytes).toBeGreaterThan(ROWS * 20_000 * (to === "easyr1" ? 0.01 : 1));
  }
  expect((await stat(join(folder, "ms-swift", "train.jsonl"))).size).toBeGreaterThan(ROWS * 100);
  expect(done).toBe(2 * ROWS);
  expect(peak).toBeLessThan(450e6);
});
