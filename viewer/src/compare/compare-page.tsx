import { useMemo, useState } from "react";
import { type EvidenceTable, REASONS, readId } from "../../../src/view/evidence-columns.ts";
import type { RunInfo } from "../../../src/view/protocol.ts";
import { amend, useAddress, useVisit } from "../address.ts";
import { QuestionText } from "../plain-text.tsx";
import type { Selection } from "../selection/reselect.ts";
import { useLatest } from "../selection/use-latest.ts";
import { useRows } from "../table/use-rows.ts";
import { type LoadedRun, useEvidence } from "../use-run.ts";
import { count, nameRun, percent, REASON_NAMES } from "../words.ts";
import { compareSelections, type Overlap, type Pair } from "./overlap.ts";

/** Rows shown at first, and more at each asking. */
const ROWS = 100;

interface Side {
  readonly run: RunInfo;
  readonly loaded: LoadedRun;
  readonly selection: Selection;
}

/** Two runs side by side, each with the selection it was made with: overlap, and who differs. */
export function ComparePage({ runs }: { readonly runs: readonly RunInfo[] }): React.ReactNode {
  const first = useSide(0, runs[0]);
  const second = useSide(1, runs[1]);
  const { query } = useAddress();
  const overlap = useMemo(
    () =>
      first === undefined || second === undefined
        ? undefined
        : compareSelections(
            { table: first.loaded.table, selected: first.selection.selected },
            { table: second.loaded.table, selected: second.selection.selected },
          ),
    [first, second],
  );
  if (runs.length < 2) return <p className="quiet-note">To compare, open two: winnow view RUN OTHER.</p>;
  if (first === undefined || second === undefined || overlap === undefined) {
    return <p className="quiet-note">Reading both runs…</p>;
  }
  const names = [nameRun(first.run, runs), nameRun(second.run, runs)] as const;
  const asked = query.get("who");
  const who = asked === "both" || asked === "second" ? asked : "first";
  const parts: readonly (readonly [typeof who, string, readonly Pair[]])[] = [
    ["first", `only ${names[0]}`, overlap.onlyFirst],
    ["second", `only ${names[1]}`, overlap.onlySecond],
    ["both", "both", overlap.both],
  ];
  const pairs = parts.find(([name]) => name === who)![2];
  return (
    <main className="compare">
      <h2>Who is selected</h2>
      <OverlapBar overlap={overlap} names={names} />
      <fieldset className="chips">
        <legend className="unseen-label">Show</legend>
        {parts.map(([name, label, list]) => (
          <button type="button" key={name} aria-pressed={name === who} onClick={() => amend({ who: name })}>
            <bdi>{label}</bdi> <span className="number">{count(list.length)}</span>
          </button>
        ))}
      </fieldset>
      <PairTable key={who} names={names} first={first} second={second} pairs={pairs} />
    </main>
  );
}

function OverlapBar(props: { readonly overlap: Overlap; readonly names: readonly [string, string] }): React.ReactNode {
  const { overlap, names } = props;
  const [a, b, both] = [overlap.onlyFirst.length, overlap.onlySecond.length, overlap.both.length];
  const either = a + b + both;
  const width = (part: number): string => `${either === 0 ? 0 : (100 * part) / either}%`;
  return (
    <>
      <div className="overlap" aria-hidden="true">
        <span className="overlap-first" style={{ width: width(a) }} />
        <span className="overlap-both" style={{ width: width(both) }} />
        <span className="overlap-second" style={{ width: width(b) }} />
      </div>
      <p>
        <bdi>{names[0]}</bdi> selects {count(a + both)}, <bdi>{names[1]}</bdi> {count(b + both)}; {count(both)} are in
        both, {percent(both, either)} of all that either selects. {count(overlap.shared)} samples are in both runs.
      </p>
    </>
  );
}

function PairTable(props: {
  readonly first: Side;
  readonly second: Side;
  readonly pairs: readonly Pair[];
  readonly names: readonly [string, string];
}): React.ReactNode {
  const { first, second, pairs, names } = props;
  const [shown, setShown] = useState(ROWS);
  const listed = pairs.slice(0, shown);
  const [texts, others] = [
    useRows(0, first.loaded.version, places(listed, "first")),
    useRows(1, second.loaded.version, places(listed, "second")),
  ];
  return (
    <div className="pairs">
      <table>
        <thead>
          <tr>
            <th scope="col">Question</th>
            {names.map((name, at) => (
              <th scope="col" key={at === 0 ? "first" : "second"}>
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {listed.map((pair) => (
            <tr key={`${pair.first} ${pair.second}`}>
              <td>
                <QuestionText text={(texts.get(pair.first) ?? others.get(pair.second))?.question ?? "…"} />
              </td>
              <Verdict side={first} place={pair.first} />
              <Verdict side={second} place={pair.second} />
            </tr>
          ))}
        </tbody>
      </table>
      {pairs.length === 0 && <p className="quiet-note">None.</p>}
      {pairs.length > shown && (
        <button type="button" onClick={() => setShown(shown + ROWS)}>
          {count(Math.min(ROWS, pairs.length - shown))} more of {count(pairs.length)}
        </button>
      )}
    </div>
  );
}

function Verdict({ side, place }: { readonly side: Side; readonly place: number }): React.ReactNode {
  const { loaded, selection } = side;
  const id = place < 0 ? "" : readId(loaded.table, place);
  const path = `/samples/${id}`;
  const visitSample = useVisit(path);
  if (place < 0) return <td className="muted">not in this run</td>;
  const reason = REASONS[selection.reasons[place]! - 1];
  const chosen = selection.selected[place] === 1;
  const run = loaded.index === 0 ? "" : String(loaded.index);
  return (
    <td>
      <a
        className={chosen ? "chosen" : ""}
        href={run === "" ? path : `${path}?run=${run}`}
        onClick={(event) => {
          if (!event.metaKey && !event.ctrlKey && !event.shiftKey) amend({ run });
          visitSample(event);
        }}
      >
        {reason === undefined ? "set aside" : REASON_NAMES[reason]}
      </a>{" "}
      <span className="muted">{describeArms(loaded.table, place)}</span>
    </td>
  );
}

function describeArms({ image, text }: EvidenceTable, place: number): string {
  const arm = ({ taken, correct }: EvidenceTable["image"]): string =>
    taken[place] === 0 ? "–" : `${correct[place]}/${taken[place]}`;
  return `c₁ ${arm(image)}, c₀ ${arm(text)}`;
}

function useSide(index: number, run: RunInfo | undefined): Side | undefined {
  const { loaded } = useEvidence(index, run);
  const asked = useMemo(() => (loaded && run ? { loaded, run } : undefined), [loaded, run]);
  return useLatest(asked, async ({ loaded: from, run: of }) => {
    const selection = await from.client.select(of.selection);
    return selection && { run: of, loaded: from, selection };
  });
}

function places(pairs: readonly Pair[], side: keyof Pair): number[] {
  return pairs.map((pair) => pair[side]).filter((place) => place >= 0);
}
