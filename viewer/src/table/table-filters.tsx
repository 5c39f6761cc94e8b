import { useEffect, useMemo, useRef } from "react";
import { REASONS } from "../../../src/view/evidence-columns.ts";
import { amend } from "../address.ts";
import type { Arrangement, Bounds } from "../selection/arrange.ts";
import type { Selection } from "../selection/reselect.ts";
import { useNarrow } from "../use-narrow.ts";
import { count, REASON_NAMES } from "../words.ts";
import { readBounds, writeBounds } from "./arrangement-address.ts";
import type { SearchState } from "./use-search.ts";

/** Search, reasons and score bounds above the table. All of it lives in the address. */
export function TableFilters(props: {
  readonly arrangement: Arrangement;
  readonly query: URLSearchParams;
  /** Absent until the first selection is made. */
  readonly selection: Selection | undefined;
  readonly search: SearchState;
}): React.ReactNode {
  const { arrangement, query, selection, search } = props;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  const chips = useMemo(() => (selection === undefined ? [] : countChips(selection)), [selection]);
  const toggle = (name: string): void => {
    const { show } = arrangement;
    amend({ show: (show.includes(name) ? show.filter((one) => one !== name) : [...show, name]).join(",") });
  };
  return (
    <div className="filters">
      <div className="search-line">
        <input
          ref={field}
          type="search"
          placeholder="Search questions, answers, ids"
          aria-label="Search questions, answers, ids"
          value={query.get("q") ?? ""}
          maxLength={500}
          onChange={(event) => amend({ q: event.target.value })}
        />
        <label>
          <input
            type="checkbox"
            checked={query.get("in") === "responses"}
            onChange={(event) => amend({ in: event.target.checked ? "responses" : "" })}
          />
          responses too
        </label>
        {search.pending && <span className="muted">searching…</span>}
        {search.trouble !== null && <span role="alert">{search.trouble}</span>}
      </div>
      <fieldset className="chips">
        <legend className="unseen-label">Show</legend>
        {chips.map(([name, label, number]) => (
          <button type="button" key={name} aria-pressed={arrangement.show.includes(name)} onClick={() => toggle(name)}>
            {label} <span className="number">{count(number)}</span>
          </button>
        ))}
      </fieldset>
      <ScoreBounds query={query} />
    </div>
  );
}

const SCORES = [
  ["d", "D"],
  ["psi", "ψ"],
  ["difficulty", "difficulty"],
] as const;

/** Bounds of every score; on a narrow screen folded away until they are wanted. */
function ScoreBounds({ query }: { readonly query: URLSearchParams }): React.ReactNode {
  const narrow = useNarrow();
  const fields = SCORES.map(([name, label]) => (
    <BoundsFields key={name} name={name} label={label} bounds={readBounds(query.get(name))} />
  ));
  if (!narrow) return <div className="bounds">{fields}</div>;
  const set = SCORES.filter(([name]) => writeBounds(readBounds(query.get(name))) !== "").length;
  return (
    <details className="bounds">
      <summary>score bounds{set > 0 && `, ${set} set`}</summary>
      {fields}
    </details>
  );
}

function BoundsFields(props: {
  readonly name: string;
  readonly label: string;
  readonly bounds: Bounds;
}): React.ReactNode {
  const { name, label, bounds } = props;
  const set = (end: "min" | "max", text: string): void => {
    const value = text.trim() === "" ? null : Number(text);
    if (value === null || Number.isFinite(value)) amend({ [name]: writeBounds({ ...bounds, [end]: value }) });
  };
  return (
    <span className="bound">
      <input
        type="number"
        step="any"
        aria-label={`smallest ${label}`}
        value={bounds.min ?? ""}
        onChange={(event) => set("min", event.target.value)}
      />
      <span>≤ {label} ≤</span>
      <input
        type="number"
        step="any"
        aria-label={`largest ${label}`}
        value={bounds.max ?? ""}
        onChange={(event) => set("max", event.target.value)}
      />
    </span>
  );
}

/** What there is to show, with how many samples each is; reasons that nothing has are left out. */
function countChips({ reasons, selected, wanted }: Selection): (readonly [string, string, number])[] {
  const counts = new Array<number>(REASONS.length + 1).fill(0);
  let [chosen, open] = [0, 0];
  for (let place = 0; place < reasons.length; place++) {
    counts[reasons[place]!]! += 1;
    chosen += selected[place]!;
    open += wanted[place]!;
  }
  const all: (readonly [string, string, number])[] = [
    ["selected", "selected", chosen],
    ...REASONS.map((reason, at) => [reason, REASON_NAMES[reason], counts[at + 1]!] as const),
    ["wanted", "still to run", open],
    ["set-aside", "set aside", counts[0]!],
  ];
  return all.filter(([, , number]) => number > 0);
}
