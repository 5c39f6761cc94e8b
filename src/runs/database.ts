import type { DuckDBConnection } from "@duckdb/node-api";
import { DuckDBInstance } from "@duckdb/node-api";

/** A row as plain JavaScript values. */
export type Row = Record<string, unknown>;

/** A column of numbers, of the type its SQL type has. */
export type Vector = Uint8Array | Uint16Array | Int32Array | Float64Array | BigUint64Array;

/** What a connection may use. */
export interface DatabaseOptions {
  /** As DuckDB writes it; 1 GB. */
  readonly memory?: string;
  /** Whether pieces of the files that were read stay in memory; so they do. */
  readonly keepFiles?: boolean;
}

/** An in-memory DuckDB, closed with `using`. Large sorts spill to `spillFolder`. */
export async function openDatabase(spillFolder: string, options: DatabaseOptions = {}): Promise<Database> {
  const { memory = "1GB", keepFiles = true } = options;
  const instance = await DuckDBInstance.create(":memory:", {
    temp_directory: spillFolder,
    memory_limit: memory,
    enable_external_file_cache: String(keepFiles),
    preserve_insertion_order: "true",
  });
  return new Database(instance, await instance.connect());
}

/** What the run directory asks of DuckDB: run a statement, stream rows. */
export class Database implements Disposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** Rows one by one; big integers come as numbers (all of ours are below 2^53). */
  async *rows(sql: string): AsyncIterable<Row> {
    const result = await this.#connection.stream(sql);
    for await (const chunk of result.yieldRowObjectJs()) {
      for (const row of chunk) yield toNumbers(row);
    }
  }

  /** The rows of a query chunk by chunk as arrays of columns: for hundreds of thousands of rows. */
  async *columns(sql: string): AsyncIterable<unknown[][]> {
    const result = await this.#connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getColumns();
    }
  }

  /** The columns of a query, all numbers and none NULL, chunk by chunk as typed arrays: for millions of them. */
  async *vectors(sql: string): AsyncIterable<readonly Vector[]> {
    const result = await this.#connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield Array.from({ length: chunk.columnCount }, (_, at) => {
        const { items } = chunk.getColumnVector(at) as { items?: unknown };
        if (ArrayBuffer.isView(items)) return items as Vector;
        throw new TypeError(`Column ${at} of the query is no column of numbers: ${sql}`);
      });
    }
  }

  async first(sql: string): Promise<Row | undefined> {
    for await (const row of this.rows(sql)) return row;
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** A text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Texts as an SQL list literal of literals, e.g. for `IN (…)` or `read_json([…])`. */
export function sqlTexts(texts: readonly string[]): string {
  return texts.map(sqlText).join(", ");
}

function toNumbers(row: Record<string, unknown>): Row {
  for (const [key, value] of Object.entries(row)) {
    if (typeof value === "bigint") row[key] = Number(value);
  }
  return row;
}
