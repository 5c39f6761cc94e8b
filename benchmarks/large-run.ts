import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseConfig, resolveSelection } from "../src/config.ts";
import { openDatabase, sqlText } from "../src/runs/database.ts";
import { type Manifest, writeManifest } from "../src/runs/manifest.ts";
import { writeQuery } from "../src/runs/tables.ts";

/** M of the run that is made up. */
const M = 5;

/**
 * Makes up a finished run directory of that many samples: 2·M rollouts each with texts of 300
 * random characters and verdicts by a hash, and the attention of every third sample.
 */
export async function writeLargeRun(directory: string, samples: number): Promise<void> {
  await mkdir(join(directory, "journal"), { recursive: true });
  await writeFile(join(directory, "rejected.jsonl"), "");
  using database = await openDatabase(join(directory, "spill.tmp"));
  const write = (query: string, name: string): Promise<void> => writeQuery(database, query, join(directory, name));
  await write(
    `SELECT md5('sample' || i) AS id, 'train.jsonl' AS file, i AS "row", 'row-' || i AS row_id,
       '<image>What is the sum of ' || i || ' and ' || (i * 7919 % 1000) || '? ' || md5('q' || i) AS question,
       (i + i * 7919 % 1000)::VARCHAR AS ground_truth, NULL::VARCHAR[] AS choices,
       [{width: 640, height: 480, media_type: 'image/png', bytes: 40000}] AS images,
       'integer' AS kind, NULL::INTEGER AS options, NULL::VARCHAR AS ungradable
     FROM range(${samples}) t(i)`,
    "samples.parquet",
  );
  const sampleIds = sqlText(join(directory, "samples.parquet"));
  const text = Array.from({ length: 9 }, (_, at) => `md5(id || arm || j || '${at}')`).join(" || ");
  await write(
    `SELECT 'settings-' || arm AS settings, id AS sample_id, arm, j::INTEGER AS "index",
       '<think>' || ${text} || '</think>' AS text, NULL::INTEGER[] AS token_ids, 500 AS prompt_tokens,
       CASE WHEN arm = 'image' THEN 400 ELSE 0 END AS image_tokens, 150 AS response_tokens, 'stop' AS finish,
       CASE WHEN hash(id || arm || j) % 100 < hash(id) % 100 * CASE WHEN arm = 'image' THEN 1 ELSE 0.4 END
         THEN 'correct' ELSE 'wrong' END AS verdict,
       '42' AS answer, 'boxed/integer' AS rule, NULL::VARCHAR AS reason, 'bench' AS grader
     FROM ${sampleIds}, (VALUES ('image'), ('text')) a(arm), range(${M}) r(j) ORDER BY settings, sample_id, arm, "index"`,
    "rollouts.parquet",
  );
  const psi = (scale: number): string => `{logPsi: -${scale} * (hash(id || j) % 1000) / 1000.0, "column": 7}`;
  await write(
    `SELECT 'settings-image' AS settings, id AS sample_id, j::INTEGER AS "index",
       map {'paper': ${psi(6)}, 'robust': ${psi(2)}} AS psi,
       0.3::DOUBLE AS image_mass, 2.0::DOUBLE AS entropy, 0.6::DOUBLE AS top_mass, '.' AS token
     FROM ${sampleIds}, range(${M}) r(j) WHERE hash(id) % 3 = 0 ORDER BY settings, sample_id, "index"`,
    "attention.parquet",
  );
  const dataset = join(directory, "train.jsonl");
  const manifest: Manifest = {
    version: 1,
    winnow: "0.1.0",
    config: parseConfig({ dataset, sampling: { rollouts: M } }, "benchmark"),
    dataset: { path: dataset, format: "jsonl", fields: {}, rows: samples, fingerprint: "benchmark" },
    model: { name: "made-up", fingerprint: "benchmark" },
    prompt: { format: "none", counterfactual: "drop" },
    maxTokens: 2048,
    settings: { image: "settings-image", text: "settings-text" },
    grader: { name: "rules", version: "bench" },
    attention: "files",
    selection: resolveSelection({}, 0),
    protocol: "full",
    seconds: {},
    state: "done",
  };
  await writeManifest(directory, manifest);
}
