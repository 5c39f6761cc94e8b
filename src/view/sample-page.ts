import type { Attention } from "../records.ts";
import { type Database, sqlText } from "../runs/database.ts";
import type { GradedRollout } from "../runs/rollout-row.ts";
import type { AttentionView, RolloutView, SamplePage } from "./protocol.ts";
import { cutText } from "./sample-texts.ts";

/** Characters of one text that a page holds unless all of it is asked for. */
const PAGE_CHARACTERS = 20_000;

/** Puts together all there is on one sample. */
export async function buildSamplePage(
  database: Database,
  from: {
    /** `samples.parquet`, and the sample's row in it. */
    readonly path: string;
    readonly fileRow: number;
    readonly place: number;
    readonly setAside: string | null;
    /** `decisions.parquet`, when there is one. */
    readonly decisions: string | undefined;
    readonly rollouts: readonly GradedRollout[];
    /** By index of the with-image response. */
    readonly attention: ReadonlyMap<number, Attention>;
    readonly whole: boolean;
  },
): Promise<SamplePage> {
  const limit = from.whole ? Number.POSITIVE_INFINITY : PAGE_CHARACTERS;
  const row = await database.first(
    `SELECT * FROM read_parquet(${sqlText(from.path)}, file_row_number=true) WHERE file_row_number = ${from.fileRow}`,
  );
  if (row === undefined) throw new Error(`${from.path} has no row ${from.fileRow}.`);
  const decision =
    from.decisions === undefined
      ? undefined
      : await database.first(
          `SELECT explanation FROM ${sqlText(from.decisions)} WHERE id = ${sqlText(row.id as string)}`,
        );
  const images = row.images as readonly { width: number; height: number; media_type: string }[];
  return {
    id: row.id as string,
    place: from.place,
    rowId: row.row_id as string | null,
    file: row.file as string,
    row: row.row as number,
    question: cutText(row.question as string, limit),
    groundTruth: cutText(row.ground_truth as string, limit),
    choices: (row.choices as readonly string[] | null)?.map((choice) => cutText(choice, limit).text) ?? null,
    kind: row.kind as string,
    ungradable: row.ungradable as string | null,
    setAside: from.setAside,
    recorded: (decision?.explanation as string | undefined) ?? null,
    images: images.map(({ width, height, media_type }) => ({ width, height, mediaType: media_type })),
    rollouts: from.rollouts.map((one) => toRolloutView(one, from.attention.get(one.rollout.index), limit)),
  };
}

function toRolloutView(
  { rollout, grade }: GradedRollout,
  attention: Attention | undefined,
  limit: number,
): RolloutView {
  const { arm, index, finish, promptTokens, imageTokens, responseTokens, origin } = rollout;
  return {
    arm,
    index,
    text: cutText(rollout.text, limit),
    finish: finish ?? null,
    promptTokens: promptTokens ?? null,
    imageTokens: imageTokens ?? null,
    responseTokens: responseTokens ?? null,
    origin: origin ?? null,
    grade: grade ?? null,
    attention: arm === "image" && attention !== undefined ? toAttentionView(attention) : null,
  };
}

function toAttentionView({ psi, imageMass, entropy, topMass, token }: Attention): AttentionView {
  const views = Object.entries(psi).map(([name, { logPsi, column }]) => [
    name,
    { logPsi: toJsonNumber(logPsi), column: column ?? null },
  ]);
  return { psi: Object.fromEntries(views), imageMass, entropy, topMass, token: token ?? null };
}

/** JSON has no −∞. */
export function toJsonNumber(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
