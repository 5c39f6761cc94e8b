import { decodeEvidence, type EvidenceTable } from "../../../src/view/evidence-columns.ts";
import type { NamedSelection } from "../../../src/view/protocol.ts";
import { type Arrangement, arrange } from "./arrange.ts";
import { type CountHistograms, type Histograms, newHistograms } from "./histograms.ts";
import { type Explanation, Reselector, type Selection } from "./reselect.ts";
import { type Scores, tabulateScores } from "./scores.ts";

/** What the page asks of the worker. */
export type Question =
  | { readonly type: "load"; readonly evidence: ArrayBuffer; readonly attention: boolean }
  | { readonly type: "select"; readonly selection: NamedSelection }
  | { readonly type: "arrange"; readonly arrangement: Arrangement; readonly found: Uint32Array<ArrayBuffer> | null }
  | { readonly type: "explain"; readonly place: number };

/** What it answers: the selection with its histograms, the order of the rows, one decision in words. */
export type Answer =
  | { readonly type: "selected"; readonly result: SelectionResult }
  | { readonly type: "arranged"; readonly order: Uint32Array<ArrayBuffer> }
  | { readonly type: "explained"; readonly explanation: Explanation | null };

export interface SelectionResult extends Selection {
  readonly histograms: Histograms;
  /** What selecting and counting took. */
  readonly milliseconds: number;
}

interface Loaded {
  readonly table: EvidenceTable;
  readonly reselector: Reselector;
}

let loaded: Loaded | undefined;
let scored: { readonly psiName: string; readonly scores: Scores; readonly count: CountHistograms } | undefined;
let selection: Selection | undefined;

/** Every question gets one answer, in the order asked. */
addEventListener("message", ({ data }: MessageEvent<Question>) => postMessage(reply(data) ?? null));

function reply(question: Question): Answer | undefined {
  if (question.type === "load") {
    const table = decodeEvidence(question.evidence);
    loaded = { table, reselector: new Reselector(table, question.attention) };
    scored = undefined;
    return undefined;
  }
  if (loaded === undefined) return undefined;
  if (question.type === "select") return { type: "selected", result: select(loaded, question.selection) };
  if (question.type === "explain") {
    return { type: "explained", explanation: loaded.reselector.explain(question.place) ?? null };
  }
  if (scored === undefined || selection === undefined) return undefined;
  const { arrangement, found } = question;
  return { type: "arranged", order: arrange(loaded.table, scored.scores, selection, arrangement, found ?? undefined) };
}

function select({ table, reselector }: Loaded, asked: NamedSelection): SelectionResult {
  const started = performance.now();
  selection = reselector.select(asked);
  if (scored?.psiName !== asked.psiName) {
    const scores = tabulateScores(table, asked.psiName);
    scored = { psiName: asked.psiName, scores, count: newHistograms(table.m, scores) };
  }
  const histograms = scored.count(selection.selected);
  return { ...selection, histograms, milliseconds: performance.now() - started };
}
