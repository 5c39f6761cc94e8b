import { useEffect, useState } from "react";
import type { SelectionOptions } from "../../../src/config.ts";
import { readAmount, showAmount } from "./flags.ts";
import { Slider } from "./slider.tsx";

/** The size of the subset, which every method keeps to: a share on the slider, a share or a number in the field. */
export function BudgetSlider(props: {
  readonly budget: SelectionOptions["budget"];
  /** Samples that a share is a share of. */
  readonly samples: number;
  readonly onChange: (budget: SelectionOptions["budget"]) => void;
}): React.ReactNode {
  const { budget, samples, onChange } = props;
  const share = typeof budget === "object" ? budget.share : (budget ?? 0) / Math.max(1, samples);
  const shown = budget === undefined ? "" : showAmount(budget);
  return (
    <Slider
      label="budget"
      title="Size of the subset: none, a share, or a number"
      value={Math.min(100, share * 100)}
      min={0}
      max={100}
      step={0.5}
      show={() => (shown === "" ? "none" : shown)}
      onChange={(percent) => onChange(percent === 0 ? undefined : { share: percent / 100 })}
      field={<BudgetField shown={shown} onChange={(text) => onChange(readAmount(text))} />}
    />
  );
}

/** Taken over as soon as it is a budget, or empty. */
function BudgetField(props: { readonly shown: string; readonly onChange: (text: string) => void }): React.ReactNode {
  const { shown, onChange } = props;
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const isBudget = (typed: string): boolean => {
    const amount = readAmount(typed);
    return typed === "" || (amount !== undefined && amount !== 0);
  };
  return (
    <input
      className="budget"
      placeholder="none"
      aria-label="budget: a number, or a share such as 10%"
      value={text}
      aria-invalid={!isBudget(text)}
      onChange={(event) => {
        const typed = event.target.value.trim();
        setText(typed);
        if (isBudget(typed)) onChange(typed);
      }}
    />
  );
}
