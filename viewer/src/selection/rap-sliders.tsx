import type { SelectionOptions } from "../../../src/config.ts";
import type { RunInfo } from "../../../src/view/protocol.ts";
import { showScore } from "../words.ts";
import { Slider } from "./slider.tsx";

/** λ_a on its slider: powers of ten. */
const LOG_LAMBDA_A = { min: -6, max: 0, step: 0.05 };

/** RAP's thresholds. */
export function RapSliders(props: {
  readonly run: RunInfo;
  readonly options: SelectionOptions;
  readonly change: (more: Partial<SelectionOptions>) => void;
}): React.ReactNode {
  const { run, options, change } = props;
  const { lambdaA, replace } = options;
  return (
    <>
      {options.gate === "difference" ? (
        <Slider
          label="λ_c"
          title="CDE keeps D > λ_c"
          value={options.lambdaC}
          min={-1}
          max={1}
          step={0.05}
          onChange={(lambdaC) => change({ lambdaC })}
        />
      ) : (
        <>
          <Slider
            label="gain"
            title="CDE keeps P(gain > this) ≥ confidence"
            value={options.minGain}
            min={-1}
            max={1}
            step={0.05}
            onChange={(minGain) => change({ minGain })}
          />
          <Slider
            label="confidence"
            title="CDE keeps P(gain) ≥ this"
            value={options.confidence}
            min={0.05}
            max={0.99}
            step={0.01}
            onChange={(confidence) => change({ confidence })}
          />
        </>
      )}
      {run.attention &&
        (typeof lambdaA === "number" ? (
          <Slider
            label="λ_a"
            title="ACE keeps ψ ≤ λ_a"
            value={Math.log10(Math.max(lambdaA, 10 ** LOG_LAMBDA_A.min))}
            {...LOG_LAMBDA_A}
            show={() => showScore(lambdaA)}
            onChange={(log) => change({ lambdaA: Number((10 ** log).toPrecision(2)) })}
            unit={<UnitButton label="as a quantile" text="ψ" onClick={() => change({ lambdaA: { quantile: 0.9 } })} />}
          />
        ) : (
          <Slider
            label="λ_a"
            title="ACE keeps ψ up to this quantile of what passed CDE"
            value={Math.round(lambdaA.quantile * 100)}
            min={0}
            max={100}
            step={1}
            show={(value) => `q${value}`}
            onChange={(percentile) => change({ lambdaA: { quantile: percentile / 100 } })}
            unit={<UnitButton label="as a number" text="q" onClick={() => change({ lambdaA: 0.1 })} />}
          />
        ))}
      <Slider
        label="replace"
        title="Share of the easy samples that make room for harder ones"
        value={replace === "all" ? 100 : typeof replace === "object" ? Math.round(replace.share * 100) : 100}
        min={0}
        max={100}
        step={5}
        show={(value) => (typeof replace === "number" ? String(replace) : value === 100 ? "all" : `${value} %`)}
        onChange={(share) => change({ replace: share === 100 ? "all" : { share: share / 100 } })}
      />
      <label className="switch" title="A replacement must have D > 0">
        <input type="checkbox" checked={options.guard} onChange={(event) => change({ guard: event.target.checked })} />
        guard: a replacement must have D &gt; 0
      </label>
    </>
  );
}

function UnitButton(props: {
  readonly label: string;
  readonly text: string;
  readonly onClick: () => void;
}): React.ReactNode {
  return (
    <button
      type="button"
      className="unit"
      aria-label={`λ_a ${props.label}`}
      title={`λ_a ${props.label}`}
      onClick={props.onClick}
    >
      {props.text}
    </button>
  );
}
