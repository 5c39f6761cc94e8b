import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { readId } from "../../../src/view/evidence-columns.ts";
import { amend, visit } from "../address.ts";
import type { Arrangement, Sort } from "../selection/arrange.ts";
import type { Selection } from "../selection/reselect.ts";
import type { Scores } from "../selection/scores.ts";
import { useNarrow } from "../use-narrow.ts";
import type { LoadedRun } from "../use-run.ts";
import { count, plural } from "../words.ts";
import { SampleTableRow } from "./sample-table-row.tsx";
import { useRows } from "./use-rows.ts";

const ROW_HEIGHT = { wide: 34, narrow: 62 };
const PAGE_ROWS = 12;

const HEADINGS: readonly (readonly [Sort, string, string])[] = [
  ["place", "Question", "dataset order"],
  ["image", "c₁", "right with the image"],
  ["text", "c₀", "right without the image"],
  ["d", "D", "causal discrepancy"],
  ["psi", "ψ", "attention confidence"],
  ["difficulty", "difficulty", "1 − c₁ / M"],
  ["reason", "Decision", "decision and reason"],
];

/** The samples, however many: only the rows in sight exist. */
export function SampleTable(props: {
  readonly index: number;
  readonly loaded: LoadedRun;
  readonly order: Uint32Array | undefined;
  readonly arrangement: Arrangement;
  /** Absent until the first selection is made. */
  readonly selection: Selection | undefined;
  readonly scores: Scores;
}): React.ReactNode {
  const { index, loaded, order, arrangement, selection, scores } = props;
  const narrow = useNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(lastOpened);
  const rows = order?.length ?? 0;
  const virtualizer = useVirtualizer({
    count: rows,
    getScrollElement: () => scroller.current,
    estimateSize: () => (narrow ? ROW_HEIGHT.narrow : ROW_HEIGHT.wide),
    overscan: 8,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights are measured anew when the layout changes
  useEffect(() => virtualizer.measure(), [narrow]);
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    if (scrolled || rows === 0 || active === 0) return;
    virtualizer.scrollToIndex(Math.min(active, rows - 1), { align: "center" });
    setScrolled(true);
  }, [scrolled, rows, active, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const inSight = order === undefined ? [] : items.map((item) => order[item.index]!).filter((p) => p !== undefined);
  const texts = useRows(index, loaded.version, inSight);

  const go = (to: number): void => {
    const at = Math.max(0, Math.min(rows - 1, to));
    setActive(at);
    virtualizer.scrollToIndex(at);
  };
  const open = (at: number): void => {
    lastOpened = at;
    const place = order?.[at];
    if (place !== undefined) visit(`/samples/${readId(loaded.table, place)}`);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (step !== undefined) go(active + step);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows - 1);
    else if (event.key === "Enter" && event.target === event.currentTarget) open(active);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <p className="row-count" role="status">
        {order === undefined ? "…" : plural(rows, "sample")}
        {order !== undefined && rows < loaded.table.samples && ` of ${count(loaded.table.samples)}`}
      </p>
      <div
        className="table"
        role="grid"
        aria-label="Samples"
        aria-rowcount={rows + 1}
        aria-activedescendant={items.some((item) => item.index === active) ? `row-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        ref={scroller}
      >
        <div className="table-head" role="row" aria-rowindex={1}>
          {HEADINGS.map(([sort, label, title]) => (
            <Heading key={sort} sort={sort} label={label} title={title} arrangement={arrangement} />
          ))}
        </div>
        <div role="rowgroup" className="table-body" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const place = order?.[item.index];
            return place === undefined ? null : (
              <SampleTableRow
                key={item.index}
                at={item.index}
                top={item.start}
                height={item.size}
                place={place}
                text={texts.get(place)}
                table={loaded.table}
                selection={selection}
                scores={scores}
                active={item.index === active}
                onOpen={open}
              />
            );
          })}
        </div>
        {order !== undefined && rows === 0 && <p className="quiet-note">No sample is like this.</p>}
      </div>
    </>
  );
}

/** Where the table stood when a sample was opened; Back comes back to it. */
let lastOpened = 0;

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: PAGE_ROWS,
  PageUp: -PAGE_ROWS,
};

function Heading(props: {
  readonly sort: Sort;
  readonly label: string;
  readonly title: string;
  readonly arrangement: Arrangement;
}): React.ReactNode {
  const { sort, label, title, arrangement } = props;
  const current = arrangement.sort === sort;
  const direction = arrangement.descending ? "descending" : "ascending";
  const onClick = (): void => {
    const descending = current ? !arrangement.descending : sort !== "place" && sort !== "reason";
    amend({ sort: sort === "place" ? "" : sort, order: descending ? "descending" : "" });
  };
  return (
    <div role="columnheader" className={`cell cell-${sort}`} aria-sort={current ? direction : "none"}>
      <button type="button" onClick={onClick} title={`Sort by ${title}`}>
        {label}
        <span aria-hidden="true">{current ? (arrangement.descending ? " ↓" : " ↑") : ""}</span>
      </button>
    </div>
  );
}
