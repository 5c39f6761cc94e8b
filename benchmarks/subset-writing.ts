import { open, rm, stat } from "node:fs/promises";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { openDataset } from "../src/formats/index.ts";

/** Time, speed over the bytes read and written, and memory of one way to do it. */
export interface CopyFigures {
  readonly seconds: number;
  /** Megabytes (10⁶) read and written per second. */
  readonly megabytesPerSecond: number;
  /** Largest resident set size while it ran, in megabytes (10⁶). */
  readonly peakMegabytes: number;
}

export interface SubsetWritingFigures {
  readonly sourceMegabytes: number;
  readonly subsetMegabytes: number;
  readonly sourceRows: number;
  readonly subsetRows: number;
  /** Choosing rows: medians of three runs, interleaved with the plain ones. */
  readonly subset: CopyFigures;
  /** The source read and as many bytes as the subset has written, sequentially: what the disk allows. */
  readonly plain: CopyFigures;
  /** Seconds of the subset over seconds of the plain copy. */
  readonly ratio: number;
}

const ROWS = 51_200;
const IMAGE_BYTES = 40_000;
const ROUNDS = 3;

/**
 * Writes 5,000 of 51,200 rows of a 2 GB Parquet file in the Hugging Face image layout (random
 * bytes as images, spread over all row groups), and beside it copies the same amount of bytes
 * plainly. `scale` 1 is the full size; the files are made in `folder` and removed.
 */
export async function benchmarkSubsetWriting({
  scale,
  folder,
}: {
  readonly scale: number;
  readonly folder: string;
}): Promise<SubsetWritingFigures> {
  const rows = Math.round(ROWS * scale);
  const source = path.join(folder, "benchmark-source.parquet");
  const target = path.join(folder, "benchmark-subset");
  const plain = path.join(folder, "benchmark-plain.bin");
  try {
    await makeSource(source, rows);
    const { size } = await stat(source);
    const wanted = Math.round(5000 * scale);
    const chosen = new Set(Array.from({ length: wanted }, (_, index) => Math.floor((index * rows) / wanted)));
    await using dataset = await openDataset(source);
    const subsets: Timing[] = [];
    const plains: Timing[] = [];
    let subsetBytes = 0;
    for (let round = 0; round < ROUNDS; round++) {
      subsets.push(
        await measure(async () => {
          const selection = new Map([[path.basename(source), chosen]]);
          subsetBytes = (await dataset.writeSubset(selection, target)).bytes;
        }),
      );
      plains.push(await measure(async () => await copyPlainly(source, plain, subsetBytes)));
    }
    const figures = (timings: readonly Timing[]) => summarise(timings, size + subsetBytes);
    const [subset, copied] = [figures(subsets), figures(plains)];
    return {
      sourceMegabytes: size / 1e6,
      subsetMegabytes: subsetBytes / 1e6,
      sourceRows: rows,
      subsetRows: wanted,
      subset,
      plain: copied,
      ratio: subset.seconds / copied.seconds,
    };
  } finally {
    for (const file of [source, target, plain]) await rm(file, { recursive: true, force: true });
  }
}

interface Timing {
  readonly seconds: number;
  readonly peakBytes: number;
}

async function measure(work: () => Promise<void>): Promise<Timing> {
  let peakBytes = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }, 10);
  const start = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return { seconds: (performance.now() - start) / 1000, peakBytes };
}

function summarise(timings: readonly Timing[], bytes: number): CopyFigures {
  const seconds = timings.map((timing) => timing.seconds).sort((a, b) => a - b)[
    Math.floor(timings.length / 2)
  ] as number;
  const peakBytes = Math.max(...timings.map((timing) => timing.peakBytes));
  return { seconds, megabytesPerSecond: bytes / 1e6 / seconds, peakMegabytes: peakBytes / 1e6 };
}

/** Every image is different: its row number before one of 64 random texts. */
async function makeSource(file: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB", threads: "1" });
  const connection = await instance.connect();
  try {
    const words = Math.ceil(IMAGE_BYTES / 16);
    await connection.run(
      `CREATE TABLE noise AS SELECT k, from_hex(string_agg(md5(k || '-' || i), '')) AS bytes
       FROM range(64) t(k), range(${words}) u(i) GROUP BY k`,
    );
    await connection.run(
      `COPY (SELECT 'row-' || i AS id, 'How many?' AS problem, (i % 10)::VARCHAR AS answer,
               {'bytes': encode(i::VARCHAR) || texts[i % 64 + 1], 'path': NULL::VARCHAR} AS image
             FROM range(${rows}) t(i) CROSS JOIN (SELECT list(bytes) AS texts FROM noise))
       TO '${file.replaceAll("'", "''")}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function copyPlainly(source: string, target: string, bytes: number): Promise<void> {
  const from = await open(source);
  const to = await open(target, "w");
  const buffer = Buffer.allocUnsafe(2 ** 20);
  let left = bytes;
  try {
    for (;;) {
      const { bytesRead } = await from.read(buffer, 0, buffer.length);
      if (bytesRead === 0) break;
      const part = Math.min(left, bytesRead);
      if (part > 0) await to.write(buffer, 0, part);
      left -= part;
    }
    await to.sync();
  } finally {
    await from.close();
    await to.close();
  }
}
