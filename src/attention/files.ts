import type { PsiOptions } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { Attention, Psi, Rollout } from "../records.ts";
import type { AttentionRequest, AttentionSource } from "./attention-source.ts";

/** Responses looked up by one query, so that memory stays bounded and the file is read few times. */
const CHUNK = 20_000;

const REQUIRED = ["sample_id", "index", "image_mass", "entropy", "top_mass"] as const;

type Row = Readonly<Record<string, unknown>>;

/** A Parquet file, or several, as a table that is queried. */
interface AttentionFile {
  readonly path: string;
  readonly columns: ReadonlySet<string>;
  query(sql: string): Promise<Row[]>;
}

/**
 * Attention measured elsewhere, from a Parquet file or a glob of them: one row per with-image
 * response, columns as in docs/attention/files.md, which are those of a run's own
 * `attention.parquet`. Throws `WinnowError("input")` when the file is none, lacks a column or
 * holds a response twice; and from `measure` when it lacks responses, after giving those it has.
 */
export async function openFileAttention(path: string): Promise<AttentionSource> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB" });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  const query = async (sql: string): Promise<Row[]> => (await connection.runAndReadAll(sql)).getRowObjectsJS();
  try {
    const file = await checkFile(path, query);
    return {
      name: `files ${path}`,
      measure: (requests, scoring, signal) => lookUp(file, requests, scoring.optionSets, signal),
      async [Symbol.asyncDispose]() {
        close();
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function checkFile(path: string, query: AttentionFile["query"]): Promise<AttentionFile> {
  const described = await query(`DESCRIBE SELECT * FROM read_parquet(${text(path)}, union_by_name = true)`).catch(
    (cause: unknown) => {
      throw new WinnowError("input", `${path}: expected Parquet with attention; ${(cause as Error).message}`, {
        cause,
      });
    },
  );
  const columns = new Set(described.map((row) => row.column_name as string));
  const missing = REQUIRED.filter((name) => !columns.has(name));
  if (missing.length > 0) {
    throw new WinnowError(
      "input",
      `${path}: expected the columns ${REQUIRED.join(", ")} (docs/attention/files.md); found no ${missing.join(", ")}.`,
    );
  }
  const [twice] = await query(
    `SELECT sample_id, "index" FROM read_parquet(${text(path)}, union_by_name = true) GROUP BY ALL HAVING count(*) > 1 LIMIT 1`,
  );
  if (twice !== undefined) {
    throw new WinnowError(
      "input",
      `${path}: expected one row per response; found several for rollout ${twice.index} of sample ${twice.sample_id}. ` +
        "Keep those of this run's model, prompt and sampling.",
    );
  }
  return { path, columns, query };
}

async function* lookUp(
  file: AttentionFile,
  requests: AsyncIterable<AttentionRequest>,
  optionSets: Readonly<Record<string, PsiOptions>>,
  signal?: AbortSignal,
): AsyncIterable<Attention> {
  const select = selectFor(file, Object.keys(optionSets));
  const lacking: Rollout[] = [];
  let asked = 0;
  let chunk: Rollout[] = [];

  async function* answer(): AsyncIterable<Attention> {
    asked += chunk.length;
    const keys = chunk.map(({ sampleId, index }, at) => `(${text(sampleId)}, ${index}, ${at})`).join(", ");
    const rows =
      chunk.length === 0 ? [] : await file.query(`${select} JOIN (VALUES ${keys}) AS asked(s, i, place) ${ON_KEY}`);
    const found = new Map(rows.map((row) => [Number(row.place), row]));
    for (const [at, rollout] of chunk.entries()) {
      const row = found.get(at);
      const attention = row === undefined ? undefined : readRow(file, row, rollout, Object.keys(optionSets));
      if (attention === undefined) lacking.push(rollout);
      else yield attention;
    }
    chunk = [];
  }

  for await (const { rollout } of requests) {
    if (signal?.aborted) return;
    chunk.push(rollout);
    if (chunk.length >= CHUNK) yield* answer();
  }
  if (signal?.aborted) return;
  yield* answer();
  const [first] = lacking;
  if (first === undefined) return;
  throw new WinnowError(
    "input",
    `${file.path}: has no attention for ${lacking.length} of the ${asked} responses asked for, such as rollout ` +
      `${first.index} of sample ${first.sampleId}. Measure these too and run again, or run with \`--attention none\`.`,
  );
}

const ON_KEY = `ON sample_id = asked.s AND file."index" = asked.i`;

/** The query of all columns in use, ψ by option set from the map `psi` or from `log_psi_NAME`, `column_NAME`. */
function selectFor({ path, columns }: AttentionFile, names: readonly string[]): string {
  const psi = names.flatMap((name, at) => {
    if (columns.has("psi")) {
      return [`psi[${text(name)}]."logPsi" AS log_psi_${at}`, `psi[${text(name)}]."column" AS column_${at}`];
    }
    const flat = [`log_psi_${name}`, `column_${name}`].map((column) =>
      columns.has(column) ? identifier(column) : "NULL",
    );
    return [`${flat[0]} AS log_psi_${at}`, `${flat[1]} AS column_${at}`];
  });
  const [deciding] = names;
  if (deciding !== undefined && !columns.has("psi") && !columns.has(`log_psi_${deciding}`)) {
    throw new WinnowError(
      "input",
      `${path}: the selection decides by the option set \`${deciding}\`; expected a column \`psi\` or ` +
        `\`log_psi_${deciding}\`, found neither.`,
    );
  }
  const optional = ["token", "response"].map((name) => (columns.has(name) ? `file.${name}` : `NULL AS ${name}`));
  return `SELECT place, image_mass, entropy, top_mass, ${[...optional, ...psi].join(", ")}
    FROM read_parquet(${text(path)}, union_by_name = true) AS file`;
}

/** A row as a record; `undefined` without the deciding ψ, which comes first. */
function readRow({ path }: AttentionFile, row: Row, rollout: Rollout, names: readonly string[]): Attention | undefined {
  const { sampleId, index } = rollout;
  if (typeof row.response === "string" && row.response !== rollout.text) {
    throw new WinnowError(
      "input",
      `${path}: \`response\` of rollout ${index} of sample ${sampleId} is not what this run sampled. ` +
        "The attention belongs to other rollouts.",
    );
  }
  const psi: Record<string, Psi> = {};
  for (const [at, name] of names.entries()) {
    const logPsi = row[`log_psi_${at}`];
    const column = row[`column_${at}`];
    if (typeof logPsi !== "number" || Number.isNaN(logPsi)) continue;
    psi[name] = { logPsi, ...(typeof column === "number" && { column }) };
  }
  if (names[0] !== undefined && psi[names[0]] === undefined) return undefined;
  return {
    sampleId,
    index,
    psi,
    imageMass: row.image_mass as number,
    entropy: row.entropy as number,
    topMass: row.top_mass as number,
    ...(typeof row.token === "string" && { token: row.token }),
  };
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
