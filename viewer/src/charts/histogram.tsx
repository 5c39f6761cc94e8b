import * as Plot from "@observablehq/plot";
import { useMemo } from "react";
import type { Bar } from "../selection/histograms.ts";
import { Figure } from "./figure.tsx";

const PARTS = ["selected", "dropped", "bounded"] as const;
const FILLS: Readonly<Record<string, string>> = {
  selected: "var(--selected)",
  dropped: "var(--dropped)",
  bounded: "url(#hatch)",
};

/** 500, 1.5k. */
function showCount(samples: number): string {
  return samples < 1000 ? String(samples) : `${Number((samples / 1000).toPrecision(3))}k`;
}

/** How one score is distributed: selected samples at the bottom, the others on them. */
export function Histogram(props: {
  readonly bars: readonly Bar[];
  readonly label: string;
  readonly caption: React.ReactNode;
  readonly ticks: readonly number[];
  readonly showTick: (value: number) => string;
  /** Where the threshold is, on the axis of the bars. */
  readonly threshold?: number | undefined;
}): React.ReactNode {
  const { bars, label, caption, ticks, showTick, threshold } = props;
  const options = useMemo((): Plot.PlotOptions => {
    const data = PARTS.flatMap((part) =>
      bars.filter((bar) => bar[part] > 0).map((bar) => ({ from: bar.from, to: bar.to, part, samples: bar[part] })),
    );
    return {
      width: 320,
      height: 116,
      marginTop: 10,
      marginRight: 8,
      marginBottom: 22,
      marginLeft: 40,
      x: { domain: [bars[0]!.from, bars.at(-1)!.to], ticks: [...ticks], tickFormat: showTick, label: null },
      y: { ticks: 3, label: null, nice: true, tickFormat: showCount },
      marks: [
        Plot.gridY({ ticks: 3, stroke: "var(--line)", strokeOpacity: 1 }),
        Plot.rectY(data, {
          x1: "from",
          x2: "to",
          y: "samples",
          fill: (bar: { part: string }) => FILLS[bar.part],
          insetLeft: 0.5,
          insetRight: 0.5,
        }),
        Plot.ruleY([0], { stroke: "var(--line-strong)" }),
        ...(threshold === undefined ? [] : [Plot.ruleX([threshold], { stroke: "var(--threshold)", strokeWidth: 1.5 })]),
      ],
    };
  }, [bars, ticks, showTick, threshold]);
  return <Figure label={label} caption={caption} options={options} />;
}

/** The pattern of bars whose D is only known to be at most what they stand at. */
export function HatchPattern(): React.ReactNode {
  return (
    <svg className="patterns" aria-hidden="true" width="0" height="0">
      <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="4" height="4" className="hatch-ground" />
        <rect width="1.5" height="4" className="hatch-line" />
      </pattern>
    </svg>
  );
}
