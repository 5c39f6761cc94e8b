import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Database, sqlText } from "../runs/database.ts";
import { FATE_SQL, type FateCounts } from "./count-decisions.ts";

const BINS = 16;
/** Decades of ψ that are shown; smaller ones fall into the first bin. */
const DECADES = 6;
const TOKENS = 8;

/** Samples whose ψ lies in [from, to); the last bin holds its upper end too. */
export interface PsiBin {
  readonly from: number;
  readonly to: number;
  readonly samples: FateCounts;
}

/** What was read from attention, over samples and responses. */
export interface AttentionFigures {
  /** `log`: bins of equal width in log ψ, for ψ over more than a decade. */
  readonly scale: "log" | "linear";
  /** Over the samples whose attention was measured, the median of each one's responses; smaller ones are in the first bin. */
  readonly psi: readonly PsiBin[];
  /** Responses measured, and of those the ones whose ψ peaks at the last token. */
  readonly responses: number;
  readonly peaksAtLast: number;
  /** The tokens at the winning columns, most frequent first; none where another option set decided when they were measured. */
  readonly tokens: readonly { readonly token: string; readonly responses: number }[];
}

/** Queries of what the figures rest on; `undefined` where there is nothing. */
export interface MeasuredTables {
  readonly attention: string | undefined;
  readonly rollouts: string | undefined;
  /** Name of the image arm's settings. */
  readonly settings: string;
  /** Name of the option set that decides. */
  readonly psiName: string;
  /** λ_a as a number, which the axis reaches when it is near the ψ there are. */
  readonly lambdaA: number | undefined;
}

/** Distribution of ψ, and where it peaks; `undefined` when no decision rests on attention. */
export async function countAttention(
  database: Database,
  directory: string,
  tables: MeasuredTables,
): Promise<AttentionFigures | undefined> {
  const decisions = join(directory, "decisions.parquet");
  if (tables.attention === undefined || !existsSync(decisions)) return undefined;
  const range = await database.first(
    `SELECT max(psi) AS most, min(psi) FILTER (psi > 0) AS least FROM ${sqlText(decisions)} WHERE psi IS NOT NULL`,
  );
  if (range === undefined || range.most === null) return undefined;
  const { least, most } = stretch((range.least as number | null) ?? 0, range.most as number, tables.lambdaA);
  const edges = chooseEdges(least, most);
  const psi = await binPsi(database, decisions, edges.values);
  return { scale: edges.scale, psi, ...(await countPeaks(database, tables)) };
}

function stretch(least: number, most: number, lambdaA: number | undefined): { least: number; most: number } {
  if (lambdaA === undefined || lambdaA < least / 10 || lambdaA > most * 10) return { least, most };
  return { least: Math.min(least, lambdaA / 1.1), most: Math.max(most, lambdaA * 1.1) };
}

function chooseEdges(least: number, most: number): { scale: "log" | "linear"; values: readonly number[] } {
  if (least > 0 && most / least > 10) {
    const low = Math.max(Math.log10(least), Math.log10(most) - DECADES);
    const width = (Math.log10(most) - low) / BINS;
    return {
      scale: "log",
      values: Array.from({ length: BINS + 1 }, (_, i) => (i === BINS ? most : 10 ** (low + i * width))),
    };
  }
  const low = most > least ? least : 0;
  return { scale: "linear", values: Array.from({ length: BINS + 1 }, (_, i) => low + ((most - low) * i) / BINS) };
}

async function binPsi(database: Database, decisions: string, edges: readonly number[]): Promise<PsiBin[]> {
  const bins = Array.from({ length: BINS }, (_, i) => ({
    from: edges[i] as number,
    to: edges[i + 1] as number,
    samples: { kept: 0, replacement: 0, dropped: 0 },
  }));
  const inner = edges.slice(1, -1).map((edge) => `${edge}::DOUBLE`);
  const rows = database.rows(
    `SELECT len(list_filter([${inner.join(", ")}], edge -> psi >= edge)) AS bin, ${FATE_SQL} AS fate, count(*) AS n
     FROM ${sqlText(decisions)} WHERE psi IS NOT NULL GROUP BY ALL`,
  );
  for await (const { bin, fate, n } of rows) {
    const samples = (bins[bin as number] as (typeof bins)[number]).samples;
    samples[fate as keyof FateCounts] += n as number;
  }
  return bins;
}

async function countPeaks(
  database: Database,
  { attention, rollouts, settings, psiName }: MeasuredTables,
): Promise<Pick<AttentionFigures, "responses" | "peaksAtLast" | "tokens">> {
  const measured = `SELECT sample_id, "index", psi[${sqlText(psiName)}]."column" AS peak,
      -- The token recorded is that of the option set named first, which decided when it was measured.
      CASE WHEN map_keys(psi)[1] = ${sqlText(psiName)} THEN token END AS token FROM (${attention})
    WHERE settings = ${sqlText(settings)}`;
  const totals = await database.first(
    rollouts === undefined
      ? `SELECT count(*) AS responses, 0 AS last FROM (${measured})`
      : `SELECT count(*) AS responses, count(*) FILTER (a.peak = r.response_tokens - 1) AS last
         FROM (${measured}) a LEFT JOIN (SELECT sample_id, "index", response_tokens FROM (${rollouts})
           WHERE arm = 'image' AND settings = ${sqlText(settings)}) r
         ON r.sample_id = a.sample_id AND r."index" = a."index"`,
  );
  const tokens: { token: string; responses: number }[] = [];
  const rows = database.rows(
    `SELECT token, count(*) AS responses FROM (${measured}) WHERE token IS NOT NULL
     GROUP BY token ORDER BY responses DESC, token LIMIT ${TOKENS}`,
  );
  for await (const row of rows) tokens.push(row as unknown as (typeof tokens)[number]);
  return { responses: totals?.responses as number, peaksAtLast: totals?.last as number, tokens };
}
