import { countsKey } from "../estimators/index.ts";
import { remember } from "../lib/remember.ts";
import type { Arm, ArmCounts, DecisionReason, Evidence } from "../records.ts";
import { type Column, decodeColumns, encodeColumns } from "./column-buffer.ts";

/** A run's evidence on its way to the browser: some 60 bytes a sample, whatever its rollouts. */
export interface EvidenceHead {
  /** M, rollouts per arm. */
  readonly m: number;
  readonly samples: number;
  /** Option sets whose median log ψ is there. */
  readonly psiNames: readonly string[];
}

/** What a browser knows of every sample of a run. Samples are named by their place in dataset order. */
export interface EvidenceTable extends EvidenceHead {
  /** 16 bytes each. */
  readonly ids: Uint8Array;
  readonly image: ArmColumns;
  readonly text: ArmColumns;
  /** Number of choices; 0: none. */
  readonly options: Uint16Array;
  /** 1: the ground truth cannot be graded; 2: set aside, no prompt of it can be answered. */
  readonly flags: Uint8Array;
  /** The decision on disk: index in `REASONS` + 1, `RECORDED_SELECTED` added; 0: none yet. */
  readonly recorded: Uint8Array;
  /** Median log ψ by option set; NaN: not measured. */
  readonly logPsi: ReadonlyMap<string, Float64Array>;
}

export interface ArmColumns {
  readonly taken: Uint16Array;
  readonly correct: Uint16Array;
  readonly truncated: Uint16Array;
}

/** Reasons in the order their numbers stand for; 0 stands for none. */
export const REASONS = [
  "kept",
  "replacement",
  "budget-fill",
  "easy-replaced",
  "over-budget",
  "not-admitted",
  "attention-biased",
  "language-prior-biased",
  "ungradable",
  "incomplete",
] as const satisfies readonly DecisionReason[];

/** Added to a recorded reason's number when the sample is selected. */
export const RECORDED_SELECTED = 128;

export const UNGRADABLE = 1;
export const SET_ASIDE = 2;

const ID_BYTES = 16;
const ARMS = ["image", "text"] as const;
const COUNTS = ["taken", "correct", "truncated"] as const;

/** An empty table of that many samples, to be filled in place. */
export function newEvidenceTable(head: EvidenceHead): EvidenceTable {
  const { samples, psiNames } = head;
  const arm = (): ArmColumns => ({
    taken: new Uint16Array(samples),
    correct: new Uint16Array(samples),
    truncated: new Uint16Array(samples),
  });
  return {
    ...head,
    ids: new Uint8Array(samples * ID_BYTES),
    image: arm(),
    text: arm(),
    options: new Uint16Array(samples),
    flags: new Uint8Array(samples),
    recorded: new Uint8Array(samples),
    logPsi: new Map(psiNames.map((name) => [name, new Float64Array(samples).fill(Number.NaN)])),
  };
}

/** Puts the id, 32 hex digits, of the sample at `place` into the table. */
export function writeId(table: EvidenceTable, place: number, id: string): void {
  for (let byte = 0; byte < ID_BYTES; byte++) {
    table.ids[place * ID_BYTES + byte] = Number.parseInt(id.slice(2 * byte, 2 * byte + 2), 16);
  }
}

/** The id of the sample at `place`. */
export function readId(table: Pick<EvidenceTable, "ids">, place: number): string {
  let id = "";
  for (let at = place * ID_BYTES; at < (place + 1) * ID_BYTES; at++) id += HEX[table.ids[at]!]!;
  return id;
}

/** Place of the sample with this id; −1: there is none. */
export function findId({ ids, samples }: Pick<EvidenceTable, "ids" | "samples">, id: string): number {
  if (!/^[0-9a-f]{32}$/.test(id)) return -1;
  const wanted = Uint8Array.from({ length: ID_BYTES }, (_, byte) =>
    Number.parseInt(id.slice(2 * byte, 2 * byte + 2), 16),
  );
  for (let place = 0; place < samples; place++) {
    let byte = 0;
    while (byte < ID_BYTES && ids[place * ID_BYTES + byte] === wanted[byte]) byte += 1;
    if (byte === ID_BYTES) return place;
  }
  return -1;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function encodeEvidence(table: EvidenceTable): Uint8Array<ArrayBuffer> {
  const { m, samples, psiNames, ids, options, flags, recorded } = table;
  const columns: Record<string, Column> = { ids, options, flags, recorded };
  for (const arm of ARMS) for (const count of COUNTS) columns[`${arm} ${count}`] = table[arm][count];
  for (const [name, values] of table.logPsi) columns[`psi ${name}`] = values;
  return encodeColumns({ m, samples, psiNames } satisfies EvidenceHead, columns);
}

export function decodeEvidence(buffer: ArrayBuffer): EvidenceTable {
  const { head, column } = decodeColumns<EvidenceHead>(buffer);
  const arm = (name: string): ArmColumns => ({
    taken: column(`${name} taken`),
    correct: column(`${name} correct`),
    truncated: column(`${name} truncated`),
  });
  return {
    ...head,
    ids: column("ids"),
    image: arm("image"),
    text: arm("text"),
    options: column("options"),
    flags: column("flags"),
    recorded: column("recorded"),
    logPsi: new Map(head.psiNames.map((name) => [name, column<Float64Array>(`psi ${name}`)])),
  };
}

/**
 * The evidence as a selector takes it, and each entry's place in the table; samples set aside are
 * left out, as a run leaves them out. One median stands for the ψ it is the median of.
 */
export function toEvidence(
  table: EvidenceTable,
  psiName: string,
): { readonly evidence: readonly Evidence[]; readonly places: Uint32Array } {
  const logPsi = table.logPsi.get(psiName);
  const countsAt = newCountsReader();
  const evidence: Evidence[] = [];
  const places: number[] = [];
  for (let place = 0; place < table.samples; place++) {
    if (table.flags[place]! & SET_ASIDE) continue;
    const psi = logPsi?.[place] ?? Number.NaN;
    places.push(place);
    const counts = { image: countsAt(table.image, place), text: countsAt(table.text, place) };
    evidence.push(new TableEvidence(table, place, counts, Number.isNaN(psi) ? undefined : [psi]));
  }
  return { evidence, places: Uint32Array.from(places) };
}

/**
 * One sample's evidence. Few ids are ever asked for, so each is spelt out when it is; what is absent
 * is there as `undefined`, since objects of one shape are read several times as fast.
 */
class TableEvidence implements Evidence {
  readonly m: number;
  readonly image: ArmCounts;
  readonly text: ArmCounts;
  readonly options?: number;
  readonly ungradable?: string;
  readonly logPsi?: readonly number[];
  readonly #table: EvidenceTable;
  readonly #place: number;
  #id: string | undefined;

  constructor(
    table: EvidenceTable,
    place: number,
    counts: Readonly<Record<Arm, ArmCounts>>,
    logPsi: readonly number[] | undefined,
  ) {
    const options = table.options[place]!;
    this.m = table.m;
    this.image = counts.image;
    this.text = counts.text;
    this.options = (options > 0 ? options : undefined) as number;
    this.ungradable = (table.flags[place]! & UNGRADABLE ? "no rule can grade it" : undefined) as string;
    this.logPsi = logPsi as readonly number[];
    this.#table = table;
    this.#place = place;
  }

  get sampleId(): string {
    this.#id ??= readId(this.#table, this.#place);
    return this.#id;
  }
}

/** Reads counts out of the columns; equal ones are one and the same object. */
function newCountsReader(): (arm: ArmColumns, place: number) => ArmCounts {
  const known = new Map<number, ArmCounts>();
  return (arm, place) => {
    const counts = { taken: arm.taken[place]!, correct: arm.correct[place]!, truncated: arm.truncated[place]! };
    return remember(known, countsKey(counts.taken, counts.correct, counts.truncated), () => counts);
  };
}
