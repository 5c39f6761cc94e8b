import type { MethodName, SelectionOptions } from "../../../src/config.ts";
import type { RunInfo } from "../../../src/view/protocol.ts";
import { amend } from "../address.ts";
import { BudgetSlider } from "./budget-slider.tsx";
import { COUNT_METHODS, FLAG_NAMES, type Flags, resolveFlags, toFlags } from "./flags.ts";
import { RapSliders } from "./rap-sliders.tsx";
import { Slider } from "./slider.tsx";

/** Puts flags into the address, in place of those that are there. */
function setFlags(flags: Flags): void {
  amend(Object.fromEntries(FLAG_NAMES.map((name) => [name, name in flags ? String(flags[name]) : ""])));
}

/**
 * The method of the selection and its thresholds, as sliders. They stand where they were put, even while the
 * answer is still that of an earlier place, so that a second change never takes back the first.
 */
export function Controls(props: {
  readonly run: RunInfo;
  readonly flags: Flags;
  /** Samples whose ground truth can be graded. */
  readonly gradable: number;
}): React.ReactNode {
  const { run, flags, gradable } = props;
  const { options } = resolveFlags(run, flags);
  const change = (more: Partial<SelectionOptions>): void => setFlags(toFlags(run, { ...options, ...more }));
  const { budget: _, ...unlimited } = options;
  return (
    <section className="controls" aria-label="Thresholds">
      <div className="preset">
        <MethodChoice run={run} method={options.method} />
        {options.method === "rap" &&
          (["paper", "robust"] as const).map((name) => (
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
      {options.method === "pass-rate-band" && <BandSliders options={options} change={change} />}
      <BudgetSlider
        budget={options.budget}
        samples={gradable}
        onChange={(budget) => setFlags(toFlags(run, budget === undefined ? unlimited : { ...unlimited, budget }))}
      />
    </section>
  );
}

/** The methods that go by counts alone, and the run's own. */
function MethodChoice({ run, method }: { readonly run: RunInfo; readonly method: MethodName }): React.ReactNode {
  const own = run.selection.options.method;
  const methods = [...new Set([...COUNT_METHODS, own])];
  const choose = (name: string): void =>
    setFlags(name === own ? {} : { ...(name !== "rap" && { method: name }), preset: "paper" });
  return (
    <select aria-label="Method" title="Method" value={method} onChange={(event) => choose(event.target.value)}>
      {methods.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

/** The pass rates that a band lies between. */
function BandSliders(props: {
  readonly options: SelectionOptions;
  readonly change: (more: Partial<SelectionOptions>) => void;
}): React.ReactNode {
  const { options, change } = props;
  const range = { min: 0, max: 1, step: 0.05 };
  return (
    <>
      <Slider
        label="rate above"
        title="Pass rates above this"
        value={options.minPass}
        {...range}
        onChange={(minPass) => change({ minPass })}
      />
      <Slider
        label="rate below"
        title="Pass rates below this"
        value={options.maxPass}
        {...range}
        onChange={(maxPass) => change({ maxPass })}
      />
    </>
  );
}
