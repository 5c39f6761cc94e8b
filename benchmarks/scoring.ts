import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { psiOptionSets, resolveSelection } from "../src/config.ts";
import { openGrader } from "../src/graders/index.ts";
import { sqlText } from "../src/runs/database.ts";
import { openRunDirectory, type RunDirectory } from "../src/runs/run-directory.ts";
import { newSelector } from "../src/selectors/index.ts";
import { decide } from "../src/stages/decide.ts";
import { loadLedger } from "../src/stages/load-ledger.ts";
import { SILENT } from "../src/stages/progress.ts";

/** Seconds of the parts of selecting from a run directory, and memory. */
export interface ScoringFigures {
  readonly samples: number;
  readonly rollouts: number;
  /** Reading verdicts and ψ from the Parquet tables. */
  readonly load: number;
  /** Planning: nothing is missing. */
  readonly plan: number;
  /** Scores, decisions and their explanations. */
  readonly select: number;
  /** load + plan + select. */
  readonly seconds: number;
  /** What `winnow select` does after it: the bootstrap of the selection and writing both tables. */
  readonly publish: number;
  /** Largest resident set size of the process, in megabytes (10⁶). */
  readonly peakMegabytes: number;
}

const M = 5;
const SETTINGS = { image: "image-settings", text: "text-settings" };

/** Scores and selects `samples` × 2·M rollouts from a run directory on disk, as `winnow select` does. */
export async function benchmarkScoring(samples = 55_000): Promise<ScoringFigures> {
  const folder = await mkdtemp(join(tmpdir(), "winnow-bench-"));
  try {
    await using grader = openGrader();
    await using run = await openRunDirectory(folder, 0);
    await writeTables(run, samples, grader.version);
    const entries = Array.from({ length: samples }, (_, row) => ({ id: `sample-${row}`, file: "f", row }));
    const index = { samples: entries, duplicates: [], rejected: 0 };
    const selection = resolveSelection({}, 0);
    const selector = newSelector(selection);
    const started = performance.now();
    const psiName = psiOptionSets(selection.psi).name;
    const ledger = await loadLedger(run, entries, M, SETTINGS, grader, psiName, SILENT);
    const loaded = performance.now();
    const evidence = ledger.evidence();
    const needs = selector.plan(evidence, "lazy", true);
    if (needs.length > 0) throw new Error(`expected a complete run; ${needs.length} needs are left`);
    const planned = performance.now();
    selector.select(evidence, true);
    const selected = performance.now();
    const { decisions } = await decide(run, selector, ledger, index, {
      selection,
      attentionAvailable: true,
      evidence,
      provenance: { model: "none", grader: "none" },
      temperature: 1,
    });
    const ended = performance.now();
    if (decisions.length !== samples) throw new Error(`expected ${samples} decisions; found ${decisions.length}`);
    return {
      samples,
      rollouts: samples * 2 * M,
      load: (loaded - started) / 1000,
      plan: (planned - loaded) / 1000,
      select: (selected - planned) / 1000,
      seconds: (selected - started) / 1000,
      publish: (ended - selected - (selected - planned)) / 1000,
      peakMegabytes: process.resourceUsage().maxRSS / 1000,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A complete run's tables, made up: pass rates spread over samples, ψ over responses. */
async function writeTables(run: RunDirectory, samples: number, grader: string): Promise<void> {
  const write = (query: string, name: string) =>
    run.database.run(`COPY (${query}) TO ${sqlText(run.file(name))} (FORMAT parquet, COMPRESSION zstd)`);
  const id = `'sample-' || s`;
  await run.database.run("SELECT setseed(0.5)");
  await write(
    `SELECT ${id} AS id, 'f' AS file, s AS row, NULL::VARCHAR AS ungradable FROM range(${samples}) t(s)`,
    "samples.parquet",
  );
  await write(
    `SELECT CASE arm WHEN 'image' THEN '${SETTINGS.image}' ELSE '${SETTINGS.text}' END AS settings,
       ${id} AS sample_id, arm, i::INTEGER AS "index", repeat('the red circle is left of it ', 3) AS text,
       [1, 2, 3, 4, 5, 6, 7, 8]::INTEGER[] AS token_ids, 30 AS prompt_tokens, 16 AS image_tokens, 12 AS response_tokens,
       'stop' AS finish,
       CASE WHEN random() < (hash(s) % 100) / 100.0 * (CASE arm WHEN 'image' THEN 1 ELSE 0.4 END)
         THEN 'correct' ELSE 'wrong' END AS verdict,
       'red' AS answer, 'boxed/word' AS rule, NULL::VARCHAR AS reason, ${sqlText(grader)} AS grader
     FROM range(${samples}) t(s), (VALUES ('image'), ('text')) a(arm), range(${M}) r(i) ORDER BY ALL`,
    "rollouts.parquet",
  );
  await write(
    `SELECT '${SETTINGS.image}' AS settings, ${id} AS sample_id, i::INTEGER AS "index",
       MAP {'paper': {'logPsi': -5 * random(), 'column': 3}, 'robust': {'logPsi': -random(), 'column': 3}} AS psi,
       0.3 AS image_mass, 2.0 AS entropy, 0.6 AS top_mass, 'red' AS token
     FROM range(${samples}) t(s), range(${M}) r(i) ORDER BY ALL`,
    "attention.parquet",
  );
  await run.database.run(`COPY (SELECT 1 WHERE false) TO ${sqlText(run.file("rejected.jsonl"))} (FORMAT json)`);
}
