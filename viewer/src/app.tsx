import { useMemo, useState } from "react";
import { useAddress } from "./address.ts";
import { ComparePage } from "./compare/compare-page.tsx";
import { Header } from "./header.tsx";
import { SamplePageView } from "./sample/sample-page.tsx";
import { readFlags, resolveFlags } from "./selection/flags.ts";
import { tabulateScores } from "./selection/scores.ts";
import { SelectionPanel } from "./selection/selection-panel.tsx";
import { useLatest } from "./selection/use-latest.ts";
import { isDatasetOrder, readArrangement } from "./table/arrangement-address.ts";
import { SampleTable } from "./table/sample-table.tsx";
import { TableFilters } from "./table/table-filters.tsx";
import { useSearch } from "./table/use-search.ts";
import { useEvidence, useRuns } from "./use-run.ts";

/** The viewer: one run at a time, its samples on the right, its selection on the left. */
export function App(): React.ReactNode {
  const { path, query } = useAddress();
  const { runs, trouble } = useRuns();
  const index = query.get("run") === "1" && runs !== undefined && runs.length > 1 ? 1 : 0;
  const run = runs?.[index];
  const evidence = useEvidence(index, run);
  const loaded = evidence.loaded?.index === index ? evidence.loaded : undefined;

  const queryText = query.toString();
  const flags = useMemo(() => readFlags(new URLSearchParams(queryText)), [queryText]);
  const named = useMemo(() => (run === undefined ? undefined : resolveFlags(run, flags)), [run, flags]);
  const arrangement = useMemo(() => readArrangement(new URLSearchParams(queryText)), [queryText]);

  const asked = useMemo(() => (loaded && named ? { loaded, named } : undefined), [loaded, named]);
  const selected = useLatest(asked, async ({ loaded: from, named: by }) => {
    const result = await from.client.select(by);
    return result && { result, from, by };
  });
  const selection = selected?.from === loaded ? selected : undefined;
  // The last state's selection stands until the next one's is there.
  const shown = selected?.from.index === index ? selected : undefined;
  const found = useSearch(index, query.get("q") ?? "", query.get("in") === "responses", loaded?.version);
  const wantedOrder = useMemo(
    () => (selection === undefined || found.pending ? undefined : { selection, arrangement, places: found.places }),
    [selection, arrangement, found],
  );
  const arranged = useLatest(wantedOrder, async ({ selection: by, arrangement: how, places }) => {
    const order = await by.from.client.arrange(how, places);
    return order && { order, from: by.from };
  });
  const psiName = selected?.by.psiName ?? named?.psiName;
  const scores = useMemo(
    () => (loaded === undefined || psiName === undefined ? undefined : tabulateScores(loaded.table, psiName)),
    [loaded, psiName],
  );
  const [helpOpen, setHelpOpen] = useState(false);

  const comparing = path === "/compare";
  const complaint = trouble ?? evidence.trouble;
  const sampleId = /^\/samples\/([0-9a-f]{32})$/.exec(path)?.[1];
  const inPlace = useMemo(
    () =>
      loaded !== undefined && isDatasetOrder(arrangement, query)
        ? Uint32Array.from(loaded.table.options.keys())
        : undefined,
    [loaded, arrangement, query],
  );
  // Rows that are shown as they lie do not wait for the first selection.
  const order = arranged !== undefined && arranged.from === loaded ? arranged.order : inPlace;
  return (
    <>
      <Header runs={runs} index={index} helpOpen={helpOpen} onHelp={setHelpOpen} />
      {complaint !== undefined && (
        <p className="complaint" role="alert">
          {complaint}
        </p>
      )}
      {comparing && runs !== undefined && <ComparePage runs={runs} />}
      {!comparing &&
        run !== undefined &&
        loaded !== undefined &&
        scores !== undefined &&
        (sampleId !== undefined ? (
          shown !== undefined && (
            <SamplePageView run={run} loaded={loaded} id={sampleId} order={order} selected={shown} />
          )
        ) : (
          <main className="workbench">
            <SelectionPanel run={run} index={index} table={loaded.table} selected={shown} flags={flags} />
            <section className="samples" aria-label="Samples">
              <TableFilters arrangement={arrangement} query={query} selection={shown?.result} search={found} />
              <SampleTable
                index={index}
                loaded={loaded}
                order={order}
                arrangement={arrangement}
                selection={shown?.result}
                scores={scores}
              />
            </section>
          </main>
        ))}
      {!comparing && run !== undefined && loaded === undefined && complaint === undefined && (
        <p className="quiet-note">Reading the run…</p>
      )}
    </>
  );
}
