import { decodeEvidence, type EvidenceTable } from "../../../src/view/evidence-columns.ts";
import type { NamedSelection } from "../../../src/view/protocol.ts";
import { type Arrangement, arrange } from "./arrange.ts";
import { countHistograms, type Histograms } from "./histograms.ts";
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
let scores: { readonly psiName: string; readonly scores: Scores } | undefined;
let selection: Selection | undefined;

/** Every question gets one answer, in the order asked. */
addEventListener("message", ({ data }: MessageEvent<Question>) => postMessage(reply(data) ?? null));

function reply(question: Question): Answer | undefined {
  if (question.type === "load") {
    const table = decodeEvidence(question.evidence);
    loaded = { table, reselector: new Reselector(table, question.attention) };
    scores = undefined;
    return undefined;
  }
  if (loaded === undefined) return undefined;
  if (question.type === "select") return { type: "selected", result: select(loaded, question.selection) };
  if (question.type === "explain") {
    return { type: "explained", explanation: loaded.reselector.explain(question.place) ?? null };
  }
  if (scores === undefined || selection === undefined) return undefined;
  const { arrangement, found } = question;
  return { type: "arranged", order: arrange(loaded.table, scores.scores, selection, arrangement, found ?? undefined) };
}

function select({ table, reselector }: Loaded, asked: NamedSelection): SelectionResult {
  const started = performance.now();
  selection = reselector.select(asked);
  if (scores?.psiName !== asked.psiName) {
    scores = { psiName: asked.psiName, scores: tabulateScores(table, asked.psiName) };
  }
  const histograms = countHistograms(table, scores.scores, selection);
  return { ...selection, histograms, milliseconds: performance.now() - started };
}
