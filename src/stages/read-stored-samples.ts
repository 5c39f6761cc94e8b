import { join } from "node:path";
import { psiOptionSets } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { AttentionTable } from "../runs/attention-table.ts";
import { openDatabase, sqlText } from "../runs/database.ts";
import type { Manifest } from "../runs/manifest.ts";
import { RolloutTable } from "../runs/rollout-table.ts";
import type { PilotRollout, PilotSample } from "./run-pilot.ts";

/** A sample whose M rollouts of both arms are all on disk, and whether a selector should keep it. */
export interface StoredSample extends PilotSample {
  readonly wanted: boolean;
  /** log ψ of the with-image rollouts by option set, as far as they were measured. */
  readonly logPsi: ReadonlyMap<string, readonly number[]>;
}

/**
 * Every gradable sample that the truth names, with all its stored rollouts. `truth`: JSON lines of `id`
 * (the row's own) and `cohort`; `wanted`: the cohorts that should be kept. Throws when the truth is not
 * this run's, or a sample lacks rollouts of either arm.
 */
export async function readStoredSamples(
  directory: string,
  manifest: Manifest,
  truth: string,
  wanted: readonly string[],
): Promise<StoredSample[]> {
  using database = await openDatabase(join(directory, "spill-report.tmp"));
  const m = manifest.config.sampling.rollouts;
  const samples = new Map<string, StoredSample & { logPsi: Map<string, number[]> }>();
  const rows = database.rows(
    `SELECT DISTINCT ON (s.id) s.id, s.options, t.cohort FROM ${sqlText(join(directory, "samples.parquet"))} s
     JOIN read_json(${sqlText(truth)}, format='newline_delimited', columns={id: 'VARCHAR', cohort: 'VARCHAR'}) t
       ON t.id = s.row_id WHERE s.ungradable IS NULL`,
  );
  for await (const { id, options, cohort } of rows) {
    samples.set(id as string, {
      sampleId: id as string,
      ...(options !== null && { options: options as number }),
      arms: { image: [], text: [] },
      wanted: wanted.includes(cohort as string),
      logPsi: new Map(),
    });
  }
  if (samples.size === 0) {
    throw new WinnowError(
      "input",
      `${truth}: expected JSON lines with \`id\` and \`cohort\`; found no id of this run.`,
    );
  }
  const rollouts = new RolloutTable(database, directory);
  for await (const { sampleId, arm, index, verdict = "wrong", truncated } of rollouts.stored(
    manifest.settings,
    manifest.grader.version,
  )) {
    const arms = samples.get(sampleId)?.arms[arm] as PilotRollout[] | undefined;
    if (arms !== undefined && index < m) arms[index] = { verdict, promptTokens: 0, responseTokens: 0, truncated };
  }
  const attention = new AttentionTable(database, directory);
  for (const set of Object.keys(psiOptionSets(manifest.selection.psi).sets)) {
    for await (const { sampleId, index, logPsi } of attention.stored(manifest.settings.image, set)) {
      const values = samples.get(sampleId)?.logPsi;
      if (values === undefined || index >= m) continue;
      if (!values.has(set)) values.set(set, []);
      (values.get(set) as number[])[index] = logPsi;
    }
  }
  const isWhole = ({ arms }: StoredSample): boolean =>
    [arms.image, arms.text].every((arm) => arm.length === m && !arm.includes(undefined as never));
  const whole = [...samples.values()].filter(isWhole);
  if (whole.length < samples.size) {
    throw new WinnowError(
      "run",
      `${directory}: ${samples.size - whole.length} of ${samples.size} samples lack rollouts; ` +
        `\`winnow run ${directory} --protocol full\` takes both arms whole, \`--rollouts 20\` more of them.`,
    );
  }
  return whole;
}
