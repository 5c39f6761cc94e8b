import { existsSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { WinnowError } from "../errors.ts";
import type { Dataset } from "../formats/format.ts";
import type { Grader } from "../graders/grader.ts";
import { readLines } from "../lib/read-lines.ts";
import type { RejectedRow, Sample } from "../records.ts";
import type { SampleEntry } from "../runs/ledger.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { readSampleEntries } from "../runs/sample-table.ts";
import { SAMPLES_COLUMNS, writeTable } from "../runs/tables.ts";
import type { Progress } from "./progress.ts";

/** The usable samples of a dataset, and what became of the other rows. */
export interface SampleIndex {
  /** One entry per sample id, in dataset order. */
  readonly samples: readonly SampleEntry[];
  /** Rows that repeat an earlier sample exactly; they share its rollouts and its fate. */
  readonly duplicates: readonly SampleEntry[];
  readonly rejected: number;
}

/**
 * Reads every row once: usable ones become `samples.parquet` (with the kind of their ground
 * truth, so that an ungradable one is known before a rollout is paid for), the others
 * `rejected.jsonl`. Throws `WinnowError("rejected")` when more than the share `maxRejected`
 * of the rows is unusable.
 */
async function readSamples(
  run: RunDirectory,
  { dataset, grader }: { readonly dataset: Dataset; readonly grader: Grader },
  maxRejected: number,
  progress: Progress,
  signal?: AbortSignal,
): Promise<SampleIndex> {
  progress.begin("read", dataset.rows);
  const rejectedPath = run.file("rejected.jsonl");
  const rejectedFile = await open(`${rejectedPath}.tmp`, "w");
  const codes = new Map<string, number>();
  const entries: SampleEntry[] = [];
  let rows = 0;
  async function* usable(): AsyncIterable<object> {
    for await (const item of dataset.read(signal === undefined ? {} : { signal })) {
      rows += 1;
      progress.advance("read", 1);
      if (item.type === "rejected") {
        codes.set(item.rejected.code, (codes.get(item.rejected.code) ?? 0) + 1);
        await rejectedFile.write(`${JSON.stringify(toRejectedLine(item.rejected))}\n`);
        continue;
      }
      const { sample } = item;
      const check = grader.check(sample.groundTruth, sample.choices);
      entries.push({
        id: sample.id,
        ...sample.source,
        ...(sample.rowId !== undefined && { rowId: sample.rowId }),
        kind: check.kind,
        ...(check.options === undefined ? {} : { options: check.options }),
        ...(check.gradable ? {} : { ungradable: check.reason ?? "no rule can grade it" }),
      });
      yield toSampleRow(sample, check.kind, entries.at(-1) as SampleEntry);
    }
  }
  try {
    await writeTable(run.database, SAMPLES_COLUMNS, usable(), run.file("samples.parquet"));
    await rejectedFile.sync();
  } finally {
    await rejectedFile.close();
  }
  await rename(`${rejectedPath}.tmp`, rejectedPath);
  progress.end("read");
  refuseTooMany(rows - entries.length, rows, codes, maxRejected, rejectedPath);
  return splitDuplicates(entries, rows - entries.length);
}

/** The usable samples: read from the dataset, or taken from an earlier pass over the same one. */
export async function indexSamples(
  run: RunDirectory,
  parts: { readonly dataset: Dataset; readonly grader: Grader },
  config: { readonly maxRejected: number },
  options: { readonly reread: boolean; readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<SampleIndex> {
  const known = options.reread ? undefined : await loadSamples(run);
  return known ?? readSamples(run, parts, config.maxRejected, options.progress, options.signal);
}

/** The index that an earlier pass over the same dataset left behind; `undefined` when there is none. */
async function loadSamples(run: RunDirectory): Promise<SampleIndex | undefined> {
  const path = run.file("samples.parquet");
  if (!existsSync(path) || !existsSync(run.file("rejected.jsonl"))) return undefined;
  const entries = await readSampleEntries(run.database, path);
  return splitDuplicates(entries, await countRejectedRows(run));
}

async function countRejectedRows(run: RunDirectory): Promise<number> {
  let count = 0;
  for await (const line of readLines(run.file("rejected.jsonl"))) {
    if ((JSON.parse(line) as { code: string }).code !== REFUSED) count += 1;
  }
  return count;
}

/** Code of a sample that was readable but that the model could not answer. */
export const REFUSED = "refused";

/** One line of `rejected.jsonl`. */
export function toRejectedLine(rejected: RejectedRow): object {
  const { source, rowId, code, reason } = rejected;
  return { file: source.file, row: source.row, id: rowId ?? null, code, reason };
}

function toSampleRow(sample: Sample, kind: string, entry: SampleEntry): object {
  return {
    id: sample.id,
    file: sample.source.file,
    row: sample.source.row,
    row_id: sample.rowId,
    question: sample.question.toWellFormed(),
    ground_truth: sample.groundTruth.toWellFormed(),
    choices: sample.choices?.map((choice) => choice.toWellFormed()),
    images: sample.images.map(({ width, height, mediaType, bytes }) => ({
      width,
      height,
      media_type: mediaType,
      bytes: bytes.length,
    })),
    kind,
    options: entry.options,
    ungradable: entry.ungradable,
  };
}

function splitDuplicates(entries: readonly SampleEntry[], rejected: number): SampleIndex {
  const seen = new Set<string>();
  const samples: SampleEntry[] = [];
  const duplicates: SampleEntry[] = [];
  for (const entry of entries) {
    (seen.has(entry.id) ? duplicates : samples).push(entry);
    seen.add(entry.id);
  }
  return { samples, duplicates, rejected };
}

function refuseTooMany(
  rejected: number,
  rows: number,
  codes: ReadonlyMap<string, number>,
  maxRejected: number,
  path: string,
): void {
  if (rejected === 0 || rejected <= maxRejected * rows) return;
  const reasons = [...codes].sort((a, b) => b[1] - a[1]).map(([code, count]) => `${code} ${count}`);
  const share = ((100 * rejected) / rows).toFixed(1);
  throw new WinnowError(
    "rejected",
    `${rejected} of ${rows} rows (${share} %) cannot be used (${reasons.slice(0, 3).join(", ")}), ` +
      `more than --max-rejected ${maxRejected * 100}% allows. ${path} lists each with its reason.`,
  );
}
