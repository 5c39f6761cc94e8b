import { useEffect, useState } from "react";
import type { SelectionOptions } from "../../../src/config.ts";
import type { RunInfo } from "../../../src/view/protocol.ts";
import { amend } from "../address.ts";
import { showScore } from "../words.ts";
import { FLAG_NAMES, type Flags, readAmount, showAmount, toFlags } from "./flags.ts";

/** λ_a on its slider: powers of ten. */
const LOG_LAMBDA_A = { min: -6, max: 0, step: 0.05 };

/** Puts flags into the address, in place of those that are there. */
function setFlags(flags: Flags): void {
  amend(Object.fromEntries(FLAG_NAMES.map((name) => [name, name in flags ? String(flags[name]) : ""])));
}

/** The thresholds of the selection, as sliders. */
export function Controls(props: {
  readonly run: RunInfo;
  readonly options: SelectionOptions;
  readonly flags: Flags;
}): React.ReactNode {
  const { run, options, flags } = props;
  const change = (more: Partial<SelectionOptions>): void => setFlags(toFlags(run, { ...options, ...more }));
  return (
    <section className="controls" aria-label="Thresholds">
      <div className="preset">
        {(["paper", "robust"] as const).map((name) => (
          <button
            type="button"
            key={name}
            aria-pressed={options.preset === name}
            onClick={() => setFlags({ preset: name })}
          >
            {name}
          </button>
        ))}
        <button type="button" disabled={Object.keys(flags).length === 0} onClick={() => setFlags({})}>
          as run
        </button>
      </div>
      {options.method === "rap" && <RapSliders run={run} options={options} change={change} />}
    </section>
  );
}

/** RAP's thresholds. */
function RapSliders(props: {
  readonly run: RunInfo;
  readonly options: SelectionOptions;
  readonly change: (more: Partial<SelectionOptions>) => void;
}): React.ReactNode {
  const { run, options, change } = props;
  const { lambdaA, replace, budget } = options;
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
      <div className="switches">
        <label title="A replacement must have D > 0">
          <input
            type="checkbox"
            checked={options.guard}
            onChange={(event) => change({ guard: event.target.checked })}
          />
          guard
        </label>
        <BudgetField
          shown={budget === undefined ? "" : showAmount(budget)}
          onChange={(text) => {
            const { budget: _, ...rest } = options;
            const amount = readAmount(text);
            setFlags(toFlags(run, amount === undefined ? rest : { ...rest, budget: amount }));
          }}
        />
      </div>
    </>
  );
}

function Slider(props: {
  readonly label: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly show?: (value: number) => string;
  readonly unit?: React.ReactNode;
  readonly onChange: (value: number) => void;
}): React.ReactNode {
  const { label, title, value, min, max, step, show = String, unit, onChange } = props;
  return (
    <div className="slider" title={title}>
      <span className="slider-label">{label}</span>
      <input
        type="range"
        aria-label={`${label}: ${title}`}
        aria-valuetext={show(value)}
        min={min}
        max={max}
        step={step}
        value={value}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <output>{show(value)}</output>
      {unit}
    </div>
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

/** A number of samples or a share; taken over as soon as it is one. */
function BudgetField(props: { readonly shown: string; readonly onChange: (text: string) => void }): React.ReactNode {
  const { shown, onChange } = props;
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const valid = text === "" || (readAmount(text) !== undefined && readAmount(text) !== 0);
  return (
    <label title="Size of the subset: a number, or a share such as 10%">
      budget
      <input
        className="budget"
        placeholder="none"
        value={text}
        aria-invalid={!valid}
        onChange={(event) => {
          const typed = event.target.value.trim();
          setText(typed);
          if (typed === "" || (readAmount(typed) !== undefined && readAmount(typed) !== 0)) onChange(typed);
        }}
      />
    </label>
  );
}
