import { existsSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Arm, Rollout, Verdict } from "../records.ts";
import { type Database, sqlText, sqlTexts } from "./database.ts";
import { journalFiles } from "./journal.ts";
import {
  type CountedArms,
  type GradedRollout,
  readFinish,
  type StoredRollout,
  toGrade,
  toRollout,
  type UngradedRollout,
} from "./rollout-row.ts";
import { GRADE_COLUMNS, type JournalReading, ROLLOUT_COLUMNS, readJsonLines, writeQuery } from "./tables.ts";

/** The settings that rollouts of either arm are sampled under. */
export type ArmSettings = Readonly<Record<Arm, string>>;

/** What one arm's rollouts add up to. */
export interface RolloutTotals {
  readonly rollouts: number;
  /** Cut off at the token limit. */
  readonly truncated: number;
  /** Sums over the rollouts whose tokens were counted; absent when none were. */
  readonly promptTokens?: number;
  readonly responseTokens?: number;
  /** Rollouts from logs that do not say how many tokens they have. */
  readonly uncounted: number;
}

/** One rollout's response, as far as selectors read it. */
export interface StoredResponse {
  readonly sampleId: string;
  readonly arm: Arm;
  readonly text: string;
  /** Absent where the log it was imported from does not say. */
  readonly responseTokens?: number;
  readonly right: boolean;
  readonly answer?: string;
}

const VERDICTS: readonly Verdict[] = ["correct", "wrong", "ungradable"];
const VERDICT_LIST = `['${VERDICTS.join("', '")}']`;

const FROM_JOURNAL = `settings, "sampleId" AS sample_id, arm, "index", text, "tokenIds" AS token_ids,
  "promptTokens" AS prompt_tokens, "imageTokens" AS image_tokens, "responseTokens" AS response_tokens, finish, origin,
  "loggedScore" AS logged_score`;
/** Columns that tables written before there were imports have not. */
const LATER = "NULL::VARCHAR AS origin, NULL::DOUBLE AS logged_score";
const GRADES = "verdict, answer, rule, reason, grader";
/** Columns that name a rollout. */
export const KEY = `settings, sample_id, arm, "index"`;

/** Every rollout of a run: the sealed table and the journals that came after it. */
export class RolloutTable {
  readonly #database: Database;
  readonly #directory: string;
  readonly #reading: JournalReading;

  constructor(database: Database, directory: string, reading: JournalReading = "whole") {
    this.#database = database;
    this.#directory = directory;
    this.#reading = reading;
  }

  get path(): string {
    return join(this.#directory, "rollouts.parquet");
  }

  /** Rollouts under these settings, one by one, without their texts; `verdict` only when `grader` gave it. */
  async *stored(settings: ArmSettings, grader: string): AsyncIterable<StoredRollout> {
    const query = await this.query();
    if (query === undefined) return;
    // Small numbers instead of repeated words: reading half a million rows costs a third of the time.
    const verdict = `CASE WHEN grader = ${sqlText(grader)} THEN list_position(${VERDICT_LIST}, verdict) END`;
    const chunks = this.#database.columns(
      `SELECT sample_id, (arm = 'image')::INTEGER, "index", coalesce(finish = 'length', false)::INTEGER, coalesce(${verdict}, 0)::INTEGER
       FROM (${query}) WHERE ${under(settings)}`,
    );
    for await (const [ids = [], arms = [], indices = [], cuts = [], verdicts = []] of chunks) {
      for (const [row, id] of ids.entries()) {
        const given = VERDICTS[(verdicts[row] as number) - 1];
        yield {
          sampleId: id as string,
          arm: arms[row] === 1 ? "image" : "text",
          index: indices[row] as number,
          truncated: cuts[row] === 1,
          ...(given !== undefined && { verdict: given }),
        };
      }
    }
  }

  /** The first `m` responses of every sample in either arm under these settings, in no order; texts are not kept. */
  async *responses(settings: ArmSettings, m: number): AsyncIterable<StoredResponse> {
    const query = await this.query();
    if (query === undefined) return;
    const chunks = this.#database.columns(
      `SELECT sample_id, arm, text, response_tokens, coalesce(verdict = 'correct', false), answer
       FROM (${query}) WHERE ${under(settings)} AND "index" < ${m}`,
    );
    for await (const [ids = [], arms = [], texts = [], tokens = [], rights = [], answers = []] of chunks) {
      for (const [row, id] of ids.entries()) {
        const answer = answers[row] as string | null;
        yield {
          sampleId: id as string,
          arm: arms[row] as Arm,
          text: texts[row] as string,
          ...(tokens[row] !== null && { responseTokens: tokens[row] as number }),
          right: rights[row] as boolean,
          ...(answer !== null && { answer }),
        };
      }
    }
  }

  /** Rollouts under settings other than these and the `related` ones: kept, never mixed in. */
  async countForeign(settings: ArmSettings, related: readonly string[] = []): Promise<number> {
    const query = await this.query();
    if (query === undefined) return 0;
    const known = related.length === 0 ? "" : `AND settings NOT IN (${sqlTexts(related)})`;
    const row = await this.#database.first(
      `SELECT count(*) AS n FROM (${query}) WHERE NOT (${under(settings)}) ${known}`,
    );
    return (row?.n as number | undefined) ?? 0;
  }

  /**
   * Rollouts under these settings that this version of the grader has not graded, with what
   * `questions` (a query for id, ground_truth, choices) says of their samples.
   */
  async *ungraded(settings: ArmSettings, grader: string, questions: string): AsyncIterable<UngradedRollout> {
    const query = await this.query();
    if (query === undefined) return;
    const rows = this.#database.rows(
      `SELECT sample_id, arm, "index", text, finish, logged_score, ground_truth, choices FROM (${query}) r
       JOIN (${questions}) s ON r.sample_id = s.id
       WHERE ${under(settings)} AND grader IS DISTINCT FROM ${sqlText(grader)}`,
    );
    for await (const row of rows) {
      yield {
        rollout: {
          sampleId: row.sample_id as string,
          arm: row.arm as Arm,
          index: row.index as number,
          text: row.text as string,
          ...readFinish(row),
          ...(row.logged_score !== null && { loggedScore: row.logged_score as number }),
        },
        sample: {
          groundTruth: row.ground_truth as string,
          ...(row.choices === null ? {} : { choices: row.choices as string[] }),
        },
      };
    }
  }

  /** Counts and token sums by arm, under these settings, of the first `m` rollouts of each sample. */
  async totals(settings: ArmSettings, m: number): Promise<Record<Arm, RolloutTotals>> {
    const none = { rollouts: 0, truncated: 0, promptTokens: 0, responseTokens: 0, uncounted: 0 };
    const totals: Record<Arm, RolloutTotals> = { image: none, text: none };
    const query = await this.query();
    if (query === undefined) return totals;
    const rows = this.#database.rows(
      `SELECT arm, count(*) AS n, count(*) FILTER (finish = 'length') AS truncated,
       sum(prompt_tokens)::BIGINT AS prompt, sum(response_tokens)::BIGINT AS response,
       count(*) FILTER (response_tokens IS NULL OR prompt_tokens IS NULL) AS uncounted
       FROM (${query}) WHERE ${under(settings)} AND "index" < ${m} GROUP BY arm`,
    );
    for await (const row of rows) {
      totals[row.arm as Arm] = {
        rollouts: row.n as number,
        truncated: row.truncated as number,
        ...(row.prompt !== null && { promptTokens: row.prompt as number }),
        ...(row.response !== null && { responseTokens: row.response as number }),
        uncounted: row.uncounted as number,
      };
    }
    return totals;
  }

  /** Whole rollouts of some samples in one arm, ordered by sample and index. */
  async *read(settings: string, arm: Arm, sampleIds: readonly string[]): AsyncIterable<Rollout> {
    const query = await this.query();
    if (query === undefined || sampleIds.length === 0) return;
    const rows = this.#database.rows(
      `SELECT * FROM (${query}) WHERE settings = ${sqlText(settings)} AND arm = ${sqlText(arm)}
       AND sample_id IN (${sqlTexts(sampleIds)}) ORDER BY sample_id, "index"`,
    );
    for await (const row of rows) yield toRollout(row);
  }

  /** Both arms of one sample, each rollout with its newest grade, ordered by arm and index. */
  async *readGraded(settings: ArmSettings, sampleId: string): AsyncIterable<GradedRollout> {
    const query = await this.query();
    if (query === undefined) return;
    const rows = this.#database.rows(
      `SELECT * FROM (${query}) WHERE (${under(settings)}) AND sample_id = ${sqlText(sampleId)} ORDER BY arm, "index"`,
    );
    for await (const row of rows) yield { rollout: toRollout(row), ...toGrade(row) };
  }

  /**
   * Counts of graded rollouts by sample and arm, of the first `m`: few rows where `stored` gives
   * many. Samples are named by `place`, as `places` (a table of id, place) says.
   */
  async *counts(settings: ArmSettings, grader: string, m: number, places: string): AsyncIterable<CountedArms> {
    const query = await this.query();
    if (query === undefined) return;
    // Grouped before they are joined: a tenth of the rows, and the table lies in this order.
    const chunks = this.#database.vectors(
      `SELECT place::INTEGER, image, taken, top, correct, truncated FROM
       (SELECT sample_id, (arm = 'image')::UTINYINT AS image, count(*)::INTEGER AS taken, max("index")::INTEGER + 1 AS top,
        (count(*) FILTER (verdict = 'correct'))::INTEGER AS correct, (count(*) FILTER (finish = 'length'))::INTEGER AS truncated
        FROM (${query}) WHERE ${under(settings)} AND grader = ${sqlText(grader)} AND "index" < ${m} GROUP BY sample_id, arm) r
       JOIN ${places} s ON r.sample_id = s.id`,
    );
    for await (const [place, image, taken, top, correct, truncated] of chunks) {
      yield { place, image, taken, top, correct, truncated } as CountedArms;
    }
  }

  /** A query for the ids of samples with a rollout that meets an SQL condition; `undefined` without rollouts. */
  async sampleIdsWhere(condition: string): Promise<string | undefined> {
    const query = await this.query();
    return query === undefined ? undefined : `SELECT sample_id FROM (${query}) WHERE ${condition}`;
  }

  /** Folds the journals into `rollouts.parquet`. Safe to be killed at any point: nothing is removed before the table holds it. */
  async seal(): Promise<void> {
    const rollouts = await journalFiles(join(this.#directory, "journal"), "rollouts");
    const grades = await journalFiles(join(this.#directory, "journal"), "grades");
    if (rollouts.length + grades.length === 0) return;
    const query = await this.query();
    if (query !== undefined) await writeQuery(this.#database, `SELECT * FROM (${query}) ORDER BY ${KEY}`, this.path);
    for (const file of [...rollouts, ...grades]) await rm(file);
    await syncFolder(join(this.#directory, "journal"));
  }

  /** One row per rollout as SQL, the newest grade with it, for other queries to build on; `undefined` when there is none. */
  async query(): Promise<string | undefined> {
    const journal = join(this.#directory, "journal");
    const rollouts = await journalFiles(journal, "rollouts");
    const grades = await journalFiles(journal, "grades");
    const parts: string[] = [];
    if (existsSync(this.path)) {
      const table = `(SELECT ${LATER} WHERE false UNION ALL BY NAME SELECT * FROM ${sqlText(this.path)})`;
      parts.push(`SELECT ${KEY}, * EXCLUDE (settings, sample_id, arm, "index") FROM ${table}`);
    }
    if (rollouts.length > 0) {
      const nothing = GRADES.split(", ")
        .map((name) => `NULL::VARCHAR AS ${name}`)
        .join(", ");
      parts.push(
        `SELECT ${FROM_JOURNAL}, ${nothing} FROM ${readJsonLines(rollouts, ROLLOUT_COLUMNS, { reading: this.#reading })}`,
      );
    }
    if (parts.length === 0) return undefined;
    if (rollouts.length === 0 && grades.length === 0) return parts[0];
    // A crash between writing the table and removing the journals leaves a rollout in both.
    const all = `SELECT DISTINCT ON (${KEY}) * FROM (${parts.join(" UNION ALL BY NAME ")}) ORDER BY ${KEY}, verdict NULLS LAST`;
    if (grades.length === 0) return all;
    const newest = `SELECT DISTINCT ON (settings, "sampleId", arm, "index") * FROM
      (SELECT *, row_number() OVER () AS line FROM ${readJsonLines(grades, GRADE_COLUMNS, { reading: this.#reading })})
      ORDER BY settings, "sampleId", arm, "index", line DESC`;
    const merged = GRADES.split(", ")
      .map((name) => `CASE WHEN g."sampleId" IS NULL THEN r.${name} ELSE g.${name} END AS ${name}`)
      .join(", ");
    return `SELECT r.* EXCLUDE (${GRADES}), ${merged} FROM (${all}) r LEFT JOIN (${newest}) g
      ON r.settings = g.settings AND r.sample_id = g."sampleId" AND r.arm = g.arm AND r."index" = g."index"`;
  }
}

/** SQL that is true of rollouts under these settings. */
export function under(settings: ArmSettings): string {
  return `(arm = 'image' AND settings = ${sqlText(settings.image)} OR arm = 'text' AND settings = ${sqlText(settings.text)})`;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync().catch(() => {}); // Some file systems refuse to sync a folder.
  await folder.close();
}
