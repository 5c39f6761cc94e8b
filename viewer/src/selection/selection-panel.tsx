import { useMemo, useState } from "react";
import type { EvidenceTable } from "../../../src/view/evidence-columns.ts";
import type { NamedSelection, RunInfo } from "../../../src/view/protocol.ts";
import { HatchPattern, Histogram } from "../charts/histogram.tsx";
import { useNarrow } from "../use-narrow.ts";
import { count, plural } from "../words.ts";
import { Controls } from "./controls.tsx";
import type { Flags } from "./flags.ts";
import { FunnelView } from "./funnel.tsx";
import type { SelectionResult } from "./worker.ts";
import { WriteSubset } from "./write-subset.tsx";

/** A selection, and what it was asked to be. */
export interface Selected {
  readonly result: SelectionResult;
  readonly by: NamedSelection;
}

const D_TICKS = [-1, -0.5, 0, 0.5, 1];
const DIFFICULTY_TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const plain = (value: number): string => String(Number(value.toFixed(2))).replace("-", "−");
const powerOfTen = (value: number): string => (value === 0 ? "1" : `10${toSuperscript(value)}`);

/** Thresholds, what they do to the funnel and where they fall, and the subset they stand for. */
export function SelectionPanel(props: {
  readonly run: RunInfo;
  readonly index: number;
  readonly table: EvidenceTable;
  /** Absent until the first selection is made. */
  readonly selected: Selected | undefined;
  readonly flags: Flags;
}): React.ReactNode {
  const { run, index, table, selected, flags } = props;
  const narrow = useNarrow();
  const [open, setOpen] = useState(false);
  if (selected === undefined) {
    return (
      <aside className="selection-panel" aria-label="Selection">
        <p className="muted small">Selecting…</p>
      </aside>
    );
  }
  const { result, by } = selected;
  const summary = `${plural(result.funnel.selected, "sample")} selected of ${count(result.funnel.samples)}`;
  if (narrow) {
    return (
      <aside className="selection-panel" aria-label="Selection">
        <button type="button" className="opener" aria-expanded={open} onClick={() => setOpen(!open)}>
          {summary} <span aria-hidden="true">{open ? "▴" : "▾"}</span>
        </button>
        {open && <PanelBody run={run} index={index} table={table} result={result} by={by} flags={flags} />}
      </aside>
    );
  }
  return (
    <aside className="selection-panel" aria-label="Selection">
      <PanelBody run={run} index={index} table={table} result={result} by={by} flags={flags} />
    </aside>
  );
}

function PanelBody(props: {
  readonly run: RunInfo;
  readonly index: number;
  readonly table: EvidenceTable;
  readonly result: SelectionResult;
  readonly by: NamedSelection;
  readonly flags: Flags;
}): React.ReactNode {
  const { run, index, table, result, by, flags } = props;
  const { histograms } = result;
  const { options } = by;
  const lambdaC = options.method === "rap" && options.gate === "difference" ? options.lambdaC : undefined;
  const psiTicks = useMemo(() => wholeTicks(histograms.psi[0]!.from, histograms.psi.at(-1)!.to), [histograms.psi]);
  const measured = histograms.psi.reduce((sum, bar) => sum + bar.selected + bar.dropped, 0);
  const logTenLambdaA = result.logLambdaA === null ? undefined : result.logLambdaA / Math.LN10;
  return (
    <>
      <FunnelView funnel={result.funnel} options={options} logLambdaA={result.logLambdaA} />
      <Controls run={run} flags={flags} gradable={result.funnel.samples - result.funnel.ungradable} />
      <WriteSubset run={run} index={index} result={result} options={options} />
      <HatchPattern />
      <Histogram
        bars={histograms.d}
        label={`Distribution of D over ${plural(table.samples, "sample")}${lambdaC === undefined ? "" : `; the threshold λ_c is ${lambdaC}`}`}
        caption={
          <>
            <b>D</b>, difference the image makes <Legend />
          </>
        }
        ticks={D_TICKS}
        showTick={plain}
        threshold={lambdaC}
      />
      {run.attention && measured > 0 && (
        <Histogram
          bars={histograms.psi}
          label={`Distribution of ψ over ${plural(measured, "measured sample")}`}
          caption={
            <>
              <b>ψ</b>, attention confidence, {count(measured)} measured
            </>
          }
          ticks={psiTicks}
          showTick={powerOfTen}
          threshold={logTenLambdaA}
        />
      )}
      <Histogram
        bars={histograms.difficulty}
        label="Distribution of difficulty, the share of wrong answers with the image"
        caption={
          <>
            <b>Difficulty</b>, share wrong with the image
          </>
        }
        ticks={DIFFICULTY_TICKS}
        showTick={plain}
      />
      <p className="muted small">
        Selected again in {result.milliseconds < 10 ? result.milliseconds.toFixed(1) : Math.round(result.milliseconds)}{" "}
        ms.
      </p>
    </>
  );
}

function Legend(): React.ReactNode {
  return (
    <span className="legend">
      <span className="key key-selected">selected</span>
      <span className="key key-dropped">not</span>
      <span className="key key-bounded" title="The runs without the image were stopped early: D is at most this.">
        at most
      </span>
    </span>
  );
}

function wholeTicks(from: number, to: number): number[] {
  const step = Math.max(1, Math.ceil((to - from) / 6));
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => Math.round(to) - at * step).reverse();
}

function toSuperscript(value: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return [...String(value)].map((digit) => (digit === "-" ? "⁻" : digits[Number(digit)])).join("");
}
