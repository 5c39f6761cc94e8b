import type { Arm, Verdict } from "../records.ts";
import type { Database, Row } from "./database.ts";
import { type ArmSettings, KEY, type RolloutTable, under } from "./rollout-table.ts";

/** How many imported rollouts have a logged score on this side of a limit, and this verdict. */
export interface ScoreAgreement {
  readonly loggedRight: boolean;
  readonly verdict: Verdict;
  readonly rollouts: number;
}

/** Where a rollout stands, and for an imported one where it came from. */
export interface RolloutPlace {
  readonly sampleId: string;
  readonly arm: Arm;
  readonly index: number;
  readonly origin?: string;
  /** Hash of its text. */
  readonly content?: string;
}

/** What a run's rollouts say of the logs they came from. */
export class ImportedRollouts {
  readonly #database: Database;
  readonly #table: RolloutTable;

  constructor(database: Database, table: RolloutTable) {
    this.#database = database;
    this.#table = table;
  }

  /** How the logged scores of imported rollouts and their verdicts go together; a score above `limit` says right. */
  async *agreement(settings: ArmSettings, limit: number): AsyncIterable<ScoreAgreement> {
    const query = await this.#table.query();
    if (query === undefined) return;
    const rows = this.#database.rows(
      `SELECT logged_score > ${limit} AS logged, verdict, count(*) AS n FROM (${query})
       WHERE ${under(settings)} AND logged_score IS NOT NULL AND verdict IS NOT NULL GROUP BY ALL ORDER BY ALL`,
    );
    for await (const { logged, verdict, n } of rows) {
      yield { loggedRight: logged as boolean, verdict: verdict as Verdict, rollouts: n as number };
    }
  }

  /** Imported rollouts whose verdict is not what their logged score says, in the order of their keys. */
  async *disagreements(settings: ArmSettings, limit: number): AsyncIterable<Row> {
    const query = await this.#table.query();
    if (query === undefined) return;
    yield* this.#database.rows(
      `SELECT sample_id AS "sampleId", arm, "index", origin, logged_score AS "loggedScore", verdict, answer, rule, reason
       FROM (${query}) WHERE ${under(settings)} AND logged_score IS NOT NULL AND verdict IS NOT NULL
       AND (logged_score > ${limit}) <> (verdict = 'correct') ORDER BY ${KEY}`,
    );
  }

  /** Every rollout under these settings: its place, and what tells an imported one from another. */
  async *places(settings: ArmSettings): AsyncIterable<RolloutPlace> {
    const query = await this.#table.query();
    if (query === undefined) return;
    const chunks = this.#database.columns(
      `SELECT sample_id, (arm = 'image')::INTEGER, "index", origin,
         CASE WHEN origin IS NOT NULL THEN left(sha256(text), 16) END FROM (${query}) WHERE ${under(settings)}`,
    );
    for await (const [ids = [], arms = [], indices = [], origins = [], contents = []] of chunks) {
      for (const [row, id] of ids.entries()) {
        yield {
          sampleId: id as string,
          arm: arms[row] === 1 ? "image" : "text",
          index: indices[row] as number,
          ...(origins[row] !== null && { origin: origins[row] as string, content: contents[row] as string }),
        };
      }
    }
  }
}
