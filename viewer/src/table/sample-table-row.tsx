import { memo } from "react";
import { type EvidenceTable, REASONS, readId } from "../../../src/view/evidence-columns.ts";
import type { SampleRow } from "../../../src/view/protocol.ts";
import { PlainText, QuestionText } from "../plain-text.tsx";
import type { Selection } from "../selection/reselect.ts";
import type { Scores } from "../selection/scores.ts";
import { REASON_NAMES, showScore } from "../words.ts";

/** One sample in the table. */
export const SampleTableRow = memo(function SampleTableRow(props: {
  readonly at: number;
  readonly top: number;
  readonly height: number;
  readonly place: number;
  readonly text: SampleRow | undefined;
  readonly table: EvidenceTable;
  readonly selection: Selection | undefined;
  readonly scores: Scores;
  readonly active: boolean;
  readonly onOpen: (at: number) => void;
}): React.ReactNode {
  const { at, top, height, place, text, table, selection, scores, active, onOpen } = props;
  const id = readId(table, place);
  const chosen = selection?.selected[place] === 1;
  const reason = selection && REASONS[selection.reasons[place]! - 1];
  const onClick = (event: React.MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onOpen(at);
  };
  const arm = (name: "image" | "text"): string => {
    const { taken, correct } = table[name];
    return taken[place] === 0 ? "–" : `${correct[place]}/${taken[place]}`;
  };
  const d = scores.d[place]!;
  return (
    <div
      role="row"
      id={`row-${at}`}
      aria-rowindex={at + 2}
      className={`table-row${chosen ? " selected" : ""}${active ? " active" : ""}`}
      style={{ height, transform: `translateY(${top}px)` }}
    >
      <div role="gridcell" className="cell cell-place">
        <a href={`/samples/${id}${location.search}`} onClick={onClick} tabIndex={-1}>
          {text === undefined ? <span className="muted">…</span> : <QuestionText text={text.question} />}
        </a>
        {text !== undefined && (
          <span className="gold">
            <PlainText text={text.groundTruth} />
          </span>
        )}
      </div>
      <div role="gridcell" className="cell cell-image number">
        {arm("image")}
      </div>
      <div role="gridcell" className="cell cell-text number">
        {arm("text")}
      </div>
      <div role="gridcell" className="cell cell-d number">
        {scores.exact[place] === 1 || Number.isNaN(d) ? "" : "≤ "}
        {Number.isNaN(d) ? "–" : d.toFixed(2)}
      </div>
      <div role="gridcell" className="cell cell-psi number">
        {showScore(scores.psi[place]!)}
      </div>
      <div role="gridcell" className="cell cell-difficulty number">
        {Number.isNaN(scores.difficulty[place]!) ? "–" : scores.difficulty[place]!.toFixed(2)}
      </div>
      <div role="gridcell" className={`cell cell-reason reason-${reason ?? "set-aside"}`}>
        {selection === undefined ? "…" : reason === undefined ? "set aside" : REASON_NAMES[reason]}
      </div>
    </div>
  );
});
