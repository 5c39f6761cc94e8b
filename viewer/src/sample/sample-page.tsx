import { useEffect, useState } from "react";
import { REASONS, readId } from "../../../src/view/evidence-columns.ts";
import type { RunInfo, SamplePage } from "../../../src/view/protocol.ts";
import { useVisit, visit } from "../address.ts";
import { PlainText } from "../plain-text.tsx";
import type { Explanation } from "../selection/reselect.ts";
import type { Selected } from "../selection/selection-panel.tsx";
import { fetchSample } from "../server.ts";
import type { LoadedRun } from "../use-run.ts";
import { count, REASON_MEANINGS, REASON_NAMES } from "../words.ts";
import { CutTextView } from "./cut-text.tsx";
import { Rollouts } from "./rollouts.tsx";
import { SampleImages } from "./sample-images.tsx";

/** Everything on one sample: what was asked, what came back in both arms, what was decided and why. */
export function SamplePageView(props: {
  readonly run: RunInfo;
  readonly loaded: LoadedRun;
  readonly id: string;
  readonly order: Uint32Array | undefined;
  readonly selected: Selected;
}): React.ReactNode {
  const { run, loaded, id, order, selected } = props;
  const [whole, setWhole] = useState<string>();
  const { page, trouble } = useSample(loaded, id, whole === id);
  const neighbours = useNeighbours(loaded, page, order);
  const back = useVisit("/");
  useKeys(neighbours);
  return (
    <main className="sample-page">
      <nav className="pager" aria-label="Samples">
        <a href={`/${location.search}`} onClick={back}>
          ← samples
        </a>
        {neighbours !== undefined && (
          <>
            <span className="muted">
              {count(neighbours.at + 1)} of {count(neighbours.of)}
            </span>
            <NeighbourLink id={neighbours.previous} label="previous" />
            <NeighbourLink id={neighbours.next} label="next" />
          </>
        )}
      </nav>
      {trouble !== undefined && (
        <p className="complaint" role="alert">
          {trouble}
        </p>
      )}
      {page !== undefined && page.id === id && (
        <>
          <section className="question" aria-label="Question">
            <SampleImages run={loaded.index} page={page} />
            <div>
              <h2>
                <CutTextView question cut={page.question} onWhole={() => setWhole(id)} />
              </h2>
              {page.choices !== null && (
                <ol className="choices" type="A">
                  {page.choices.map((choice, at) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: choices are named by their place
                    <li key={at}>
                      <PlainText text={choice} />
                    </li>
                  ))}
                </ol>
              )}
              <dl className="facts">
                <dt>gold</dt>
                <dd>
                  <strong>
                    <CutTextView cut={page.groundTruth} onWhole={() => setWhole(id)} />
                  </strong>{" "}
                  <span className="muted">{page.kind}</span>
                </dd>
                <dt>row</dt>
                <dd>
                  <bdi>{page.file}</bdi>, {count(page.row)}
                  {page.rowId !== null && (
                    <>
                      {" "}
                      (<PlainText text={page.rowId} />)
                    </>
                  )}
                </dd>
                <dt>id</dt>
                <dd className="mono">{page.id}</dd>
              </dl>
              <DecisionView page={page} loaded={loaded} selected={selected} />
            </div>
          </section>
          <Rollouts
            run={run}
            index={loaded.index}
            page={page}
            psiName={selected.by.psiName}
            onWhole={() => setWhole(id)}
          />
        </>
      )}
      {page === undefined && trouble === undefined && <p className="quiet-note">Reading the sample…</p>}
    </main>
  );
}

function DecisionView(props: {
  readonly page: SamplePage;
  readonly loaded: LoadedRun;
  readonly selected: Selected;
}): React.ReactNode {
  const { page, loaded, selected } = props;
  const { result } = selected;
  const [explanation, setExplanation] = useState<Explanation | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each selection has its own words
  useEffect(() => {
    let ended = false;
    void loaded.client.explain(page.place).then((found) => {
      if (!ended) setExplanation(found);
    });
    return () => {
      ended = true;
    };
  }, [loaded, page.place, result]);
  const reason = REASONS[result.reasons[page.place]! - 1];
  const chosen = result.selected[page.place] === 1;
  const words =
    page.ungradable !== null
      ? `The ground truth cannot be graded: ${page.ungradable}`
      : page.setAside !== null
        ? `Set aside: ${page.setAside}`
        : (explanation?.text ?? page.recorded);
  const score = explanation?.score;
  return (
    <div className={`decision${chosen ? " selected" : ""}`}>
      <p>
        <strong>{chosen ? "Selected" : "Not selected"}</strong>
        <span className="muted" title={reason && REASON_MEANINGS[reason]}>
          {" "}
          {reason === undefined ? "set aside" : REASON_NAMES[reason]}
        </span>
      </p>
      {typeof words === "string" && (
        <p>
          <PlainText text={words} />
        </p>
      )}
      {score?.gainLow !== undefined && score.gainHigh !== undefined && (
        <p className="muted small">
          Gain p₁ − p₀ with 90 % credibility from {score.gainLow.toFixed(2)} to {score.gainHigh.toFixed(2)}.
        </p>
      )}
      {explanation !== null && explanation.counterpart !== null && (
        <Counterpart id={readId(loaded.table, explanation.counterpart)} />
      )}
    </div>
  );
}

function Counterpart({ id }: { readonly id: string }): React.ReactNode {
  const onClick = useVisit(`/samples/${id}`);
  return (
    <p className="small">
      <a href={`/samples/${id}${location.search}`} onClick={onClick}>
        The sample it changed places with
      </a>
    </p>
  );
}

function NeighbourLink(props: { readonly id: string | undefined; readonly label: string }): React.ReactNode {
  const onClick = useVisit(`/samples/${props.id}`);
  if (props.id === undefined) return <span className="muted">{props.label}</span>;
  return (
    <a href={`/samples/${props.id}${location.search}`} onClick={onClick}>
      {props.label}
    </a>
  );
}

interface Neighbours {
  readonly at: number;
  readonly of: number;
  readonly previous: string | undefined;
  readonly next: string | undefined;
}

function useNeighbours(
  loaded: LoadedRun,
  page: SamplePage | undefined,
  order: Uint32Array | undefined,
): Neighbours | undefined {
  if (page === undefined || order === undefined) return undefined;
  const at = order.indexOf(page.place);
  if (at < 0) return undefined;
  const idAt = (place: number | undefined): string | undefined =>
    place === undefined ? undefined : readId(loaded.table, place);
  return { at, of: order.length, previous: idAt(order[at - 1]), next: idAt(order[at + 1]) };
}

function useKeys(neighbours: Neighbours | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.target instanceof HTMLInputElement || event.altKey || event.ctrlKey || event.metaKey) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const to =
        event.key === "ArrowLeft" || event.key === "k"
          ? neighbours?.previous
          : event.key === "ArrowRight" || event.key === "j"
            ? neighbours?.next
            : undefined;
      if (to !== undefined) visit(`/samples/${to}`);
      else if (event.key === "Escape") visit("/");
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [neighbours]);
}

function useSample(
  { index, version }: LoadedRun,
  id: string,
  whole: boolean,
): { readonly page: SamplePage | undefined; readonly trouble: string | undefined } {
  const [page, setPage] = useState<SamplePage>();
  const [trouble, setTrouble] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a run holds of a sample changes with its version
  useEffect(() => {
    let ended = false;
    fetchSample(index, id, whole).then(
      (found) => {
        if (ended) return;
        setPage(found);
        setTrouble(undefined);
      },
      (error: unknown) => {
        if (!ended) setTrouble((error as Error).message);
      },
    );
    return () => {
      ended = true;
    };
  }, [index, id, whole, version]);
  return { page, trouble };
}
