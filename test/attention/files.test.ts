import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import type { AttentionRequest } from "../../src/attention/attention-source.ts";
import { openFileAttention } from "../../src/attention/files.ts";
import type { Attention } from "../../src/records.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { CheckingScorer, measureAll, scoringBy, stream, testAttention } from "./contract.ts";

const MAP = "MAP {'paper': {'logPsi': -2.5, 'column': 3}, 'robust': {'logPsi': '-Infinity'::DOUBLE, 'column': NULL}}";
const SUMMARY = "0.25 AS image_mass, 1.5 AS entropy, 0.75 AS top_mass";

async function write(path: string, query: string): Promise<string> {
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  return path;
}

function requests(count: number): AttentionRequest[] {
  return Array.from({ length: count }, (_, at) => ({
    prompt: { sampleId: `it's ${at}`, arm: "image", parts: [] },
    rollout: {
      sampleId: `it's ${at}`,
      arm: "image",
      index: at % 3,
      text: `answer ${at}`,
      promptTokens: 5,
      imageTokens: 1,
      responseTokens: 4,
      finish: "stop",
    },
  }));
}

/** Rows for `requests(count)`. */
function rows(count: number, columns: string): string {
  return `SELECT 'it''s ' || n AS sample_id, (n % 3)::INTEGER AS "index", ${SUMMARY}, ${columns} FROM range(${count}) AS r(n)`;
}

testAttention("the file attention source", async () => {
  const folder = await temporaryFolder();
  const source = await openFileAttention(await write(join(folder, "a.parquet"), rows(8, `${MAP} AS psi`)));
  return {
    source,
    requests: requests(8),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
});

async function measure(query: string, count = 1): Promise<Map<string, Attention>> {
  const folder = await temporaryFolder();
  await using source = await openFileAttention(await write(join(folder, "a.parquet"), query));
  return (await measureAll(source, requests(count))).found;
}

test("a run's own attention.parquet is read as it is", async () => {
  const found = await measure(rows(5, `${MAP} AS psi, 'abc' AS settings, 'red' AS token`), 2);
  expect(found.get("it's 1/1")).toEqual({
    sampleId: "it's 1",
    index: 1,
    psi: { paper: { logPsi: -2.5, column: 3 }, robust: { logPsi: Number.NEGATIVE_INFINITY } },
    imageMass: 0.25,
    entropy: 1.5,
    topMass: 0.75,
    token: "red",
  });
});

test("ψ may stand in flat columns, and option sets that do not decide may be absent", async () => {
  const found = await measure(rows(1, "-1.5 AS log_psi_paper, 2 AS column_paper"));
  expect(found.get("it's 0/0")?.psi).toEqual({ paper: { logPsi: -1.5, column: 2 } });
  await expect(measure(rows(1, "-1.5 AS log_psi_robust"))).rejects.toThrow(
    "decides by the option set `paper`; expected a column `psi` or `log_psi_paper`",
  );
});

test("responses that are not in the file are counted and named, after the others were given", async () => {
  const folder = await temporaryFolder();
  await using source = await openFileAttention(await write(join(folder, "a.parquet"), rows(3, `${MAP} AS psi`)));
  const seen: unknown[] = [];
  const measuring = (async () => {
    for await (const one of source.measure(
      stream(requests(5)),
      scoringBy(() => new CheckingScorer()),
    ))
      seen.push(one);
  })();
  await expect(measuring).rejects.toThrow("no attention for 2 of the 5 responses asked for, such as rollout 0");
  expect(seen).toHaveLength(3);
});

test("attention of other rollouts is noticed where the file says what was answered", async () => {
  expect((await measure(rows(2, `${MAP} AS psi, 'answer ' || n AS response`), 2)).size).toBe(2);
  await expect(measure(rows(1, `${MAP} AS psi, 'something else' AS response`))).rejects.toThrow(
    "is not what this run sampled",
  );
});

test("several files of a glob are one table", async () => {
  const folder = await temporaryFolder();
  await write(join(folder, "one.parquet"), `${rows(4, `${MAP} AS psi`)} WHERE n < 2`);
  await write(join(folder, "two.parquet"), `${rows(4, `${MAP} AS psi, 'x' AS token`)} WHERE n >= 2`);
  await using source = await openFileAttention(join(folder, "*.parquet"));
  expect((await measureAll(source, requests(4))).found.size).toBe(4);
});

test("a file that is none, lacks columns or holds a response twice is refused at once", async () => {
  await expect(openFileAttention("/nowhere/a.parquet")).rejects.toMatchObject({ code: "input" });
  await expect(measure("SELECT 'a' AS sample_id, 0 AS \"index\"")).rejects.toThrow(
    "found no image_mass, entropy, top_mass",
  );
  const twice = `SELECT * FROM (${rows(1, `${MAP} AS psi`)}), range(2)`;
  await expect(measure(twice)).rejects.toThrow("found several for rollout 0 of sample it's 0");
});
