import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { z } from "zod";
import { WinnowError } from "../errors.ts";
import { remember } from "../lib/remember.ts";
import { sqlText } from "../runs/database.ts";
import type { RunDirectory } from "../runs/run-directory.ts";

const id = z.union([z.string(), z.number().transform(String)]);
const curveLine = z.object({ id, epoch: z.number(), reward: z.number() });
const domainLine = z.object({ id, domain: z.string() });

/**
 * Reward curves of a training run, by sample: JSON lines of `id` (the row's own, or the sample's),
 * `epoch` and `reward`. Lines of one sample and epoch are averaged; an epoch in which a sample was
 * not seen is `null`. Throws `WinnowError("input")` with the line, or when no id is of this run.
 */
export async function readCurves(
  run: RunDirectory,
  file: string,
): Promise<ReadonlyMap<string, readonly (number | null)[]>> {
  const sums = new Map<string, Map<number, { sum: number; count: number }>>();
  const epochs = new Set<number>();
  await readLines(run, file, curveLine, "`id`, `epoch` and `reward`", (sampleId, { epoch, reward }) => {
    epochs.add(epoch);
    const cell = remember(
      remember(sums, sampleId, () => new Map()),
      epoch,
      () => ({ sum: 0, count: 0 }),
    );
    cell.sum += reward;
    cell.count += 1;
  });
  const order = [...epochs].sort((a, b) => a - b);
  const curveOf = (cells: ReadonlyMap<number, { sum: number; count: number }>): (number | null)[] =>
    order.map((epoch) => {
      const cell = cells.get(epoch);
      return cell === undefined ? null : cell.sum / cell.count;
    });
  return new Map([...sums].map(([sampleId, cells]) => [sampleId, curveOf(cells)]));
}

/** What each sample is about: from JSON lines of `id` and `domain`, or the kind of its ground truth without a file. */
export async function readDomains(run: RunDirectory, file: string | undefined): Promise<ReadonlyMap<string, string>> {
  const domains = new Map<string, string>();
  if (file !== undefined) {
    await readLines(run, file, domainLine, "`id` and `domain`", (sampleId, line) => {
      domains.set(sampleId, line.domain);
    });
    return domains;
  }
  const rows = run.database.rows(`SELECT DISTINCT ON (id) id, kind FROM ${sqlText(run.file("samples.parquet"))}`);
  for await (const row of rows) domains.set(row.id as string, row.kind as string);
  return domains;
}

async function readLines<T extends { readonly id: string }>(
  run: RunDirectory,
  file: string,
  schema: z.ZodType<T>,
  expected: string,
  take: (sampleId: string, line: T) => void,
): Promise<void> {
  if (!existsSync(file)) throw new WinnowError("input", `${file} does not exist; expected JSON lines of ${expected}.`);
  const sampleIds = await readSampleIds(run);
  const handle = await open(file);
  let [number, known] = [0, 0];
  for await (const text of handle.readLines()) {
    number += 1;
    if (text.trim() === "") continue;
    const line = schema.safeParse(parseJson(text));
    if (!line.success) {
      throw new WinnowError(
        "input",
        `${file}, line ${number}: expected JSON with ${expected}; found ${text.slice(0, 80)}`,
      );
    }
    for (const sampleId of sampleIds.get(line.data.id) ?? []) {
      known += 1;
      take(sampleId, line.data);
    }
  }
  if (known === 0) throw new WinnowError("input", `${file}: none of its ${number} lines has an \`id\` of this run.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Sample ids by what a row may be called: its own id, or its sample's. */
async function readSampleIds(run: RunDirectory): Promise<ReadonlyMap<string, readonly string[]>> {
  const ids = new Map<string, string[]>();
  const rows = run.database.rows(`SELECT DISTINCT id, row_id FROM ${sqlText(run.file("samples.parquet"))}`);
  for await (const row of rows) {
    const sampleId = row.id as string;
    remember(ids, sampleId, () => [sampleId]);
    if (row.row_id !== null) remember(ids, row.row_id as string, () => []).push(sampleId);
  }
  return ids;
}
