import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createGzip } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import sharp from "sharp";
import { packageRoot } from "../src/lib/package-root.ts";

/** What `winnow doctor` took for a file. */
export interface PreflightFigures {
  readonly rows: number;
  /** Megabytes (10⁶) of the file, and of what it holds unpacked. */
  readonly megabytes: number;
  readonly unpackedMegabytes: number;
  readonly seconds: number;
  /** User and system, of all threads. */
  readonly processorSeconds: number;
  /** Largest resident set size, in megabytes (10⁶), and the same after half of the time. */
  readonly peakMegabytes: number;
  readonly peakMegabytesAtHalf: number;
  /** Bytes that the process wrote to disks. */
  readonly bytesWritten: number;
}

const PICTURES = 64;
const ROWS = 55_000;
const STREAM_BYTES = 10e9;

/** `winnow doctor` on 55,000 rows of 20 kB images in Parquet, the model's check included. */
export async function benchmarkPreflight(rows = ROWS): Promise<PreflightFigures> {
  return await inFolder(async (folder) => {
    const file = path.join(folder, "train.parquet");
    const pictures = await makePictures();
    await writeParquet(file, rows, pictures);
    const { size } = await stat(file);
    return { unpackedMegabytes: size / 1e6, ...(await runDoctor(file)) };
  });
}

/** `winnow doctor` on JSON lines of 10 GB that gzip makes small: never unpacked to disk, in flat memory. */
export async function benchmarkStream(bytes = STREAM_BYTES): Promise<PreflightFigures> {
  return await inFolder(async (folder) => {
    const file = path.join(folder, "train.jsonl.gz");
    const unpacked = await writeStream(file, bytes, (await makePictures())[0] as Buffer);
    return { unpackedMegabytes: unpacked / 1e6, ...(await runDoctor(file)) };
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "winnow-bench-preflight-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Different pictures of noise, JPEG and PNG by turns, of about 20 kB each. */
async function makePictures(): Promise<readonly Buffer[]> {
  const pictures: Buffer[] = [];
  for (let index = 0; index < PICTURES; index++) {
    const [width, height] = index % 2 === 0 ? [210, 160] : [96, 72];
    const noise = { type: "gaussian", mean: 100 + index, sigma: 40 } as const;
    const image = sharp({ create: { width, height, channels: 3, background: "white", noise } });
    pictures.push(await (index % 2 === 0 ? image.jpeg({ quality: 80 }) : image.png()).toBuffer());
  }
  return pictures;
}

/** Every image is different: one of the pictures, and its row's number after the picture's end. */
async function writeParquet(file: string, rows: number, pictures: readonly Buffer[]): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB", threads: "1" });
  const connection = await instance.connect();
  try {
    const list = pictures.map((picture) => `from_hex('${picture.toString("hex")}')`).join(", ");
    await connection.run(`CREATE TABLE pictures AS SELECT [${list}] AS bytes`);
    await connection.run(
      `COPY (SELECT 'row-' || i AS id, 'How many are there in row ' || i || '?' AS problem, (i % 10)::VARCHAR AS answer,
               [{'bytes': bytes[i % ${PICTURES} + 1] || encode(i::VARCHAR), 'path': NULL::VARCHAR}] AS images
             FROM range(${rows}) t(i) CROSS JOIN pictures)
       TO '${file.replaceAll("'", "''")}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Rows of 100 kB: an image as base64, and a log that compresses well. Returns the bytes before compression. */
async function writeStream(file: string, bytes: number, picture: Buffer): Promise<number> {
  const log = "a step of reasoning that is much like the others, and the next one. ".repeat(1100);
  const image = picture.toString("base64");
  const gzip = createGzip({ level: 1 });
  const handle = await open(file, "w");
  const finished = (async () => {
    for await (const chunk of gzip) await handle.write(chunk as Buffer);
  })();
  let written = 0;
  for (let row = 0; written < bytes; row++) {
    const line = Buffer.from(
      `{"id": ${row}, "question": "How many in ${row}?", "answer": "${row % 10}", "image": "${image}", "log": "${log}"}\n`,
    );
    written += line.length;
    if (!gzip.write(line)) await once(gzip, "drain");
  }
  gzip.end();
  await finished;
  await handle.close();
  return written;
}

async function runDoctor(file: string): Promise<Omit<PreflightFigures, "unpackedMegabytes">> {
  const started = performance.now();
  const winnow = path.join(packageRoot(), "bin", "winnow.js");
  const doctor = spawn(process.execPath, [winnow, "doctor", file, "--json"], { stdio: ["ignore", "pipe", "ignore"] });
  const output: Buffer[] = [];
  doctor.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  const history: Usage[] = [];
  const timer = setInterval(() => {
    const usage = readUsage(doctor.pid as number);
    if (usage !== undefined) history.push(usage);
  }, 50);
  await once(doctor, "close");
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  const { dataset } = JSON.parse(Buffer.concat(output).toString()) as { dataset: { rows: number; usable: number } };
  if (dataset.usable !== dataset.rows) throw new Error(`${dataset.rows - dataset.usable} rows are unusable`);
  const [last, half] = [history.at(-1) as Usage, history[history.length >> 1] as Usage];
  return {
    rows: dataset.rows,
    megabytes: (await stat(file)).size / 1e6,
    seconds,
    processorSeconds: last.processorSeconds,
    peakMegabytes: last.peakBytes / 1e6,
    peakMegabytesAtHalf: half.peakBytes / 1e6,
    bytesWritten: last.bytesWritten,
  };
}

interface Usage {
  readonly processorSeconds: number;
  readonly peakBytes: number;
  readonly bytesWritten: number;
}

/** What Linux says of a process in `/proc`; `undefined` when it has ended. */
function readUsage(pid: number): Usage | undefined {
  try {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, "utf8");
    // Fields 14 and 15 of proc(5), in hundredths of a second; the name before them may hold spaces.
    const times = read("stat")
      .replace(/^.*\) /s, "")
      .split(" ")
      .slice(11, 13)
      .map(Number);
    const peak = /VmHWM:\s+(\d+) kB/.exec(read("status"))?.[1];
    if (peak === undefined) return undefined;
    return {
      processorSeconds: times.reduce((sum, ticks) => sum + ticks, 0) / 100,
      peakBytes: Number(peak) * 1024,
      bytesWritten: Number(/^write_bytes: (\d+)/m.exec(read("io"))?.[1]),
    };
  } catch {
    return undefined;
  }
}
