import { useEffect, useMemo, useState } from "react";
import type { EvidenceTable } from "../../src/view/evidence-columns.ts";
import type { RunInfo } from "../../src/view/protocol.ts";
import { SelectorClient } from "./selection/selector-client.ts";
import { fetchEvidence, fetchRuns } from "./server.ts";

/** How often a run is looked at again, in milliseconds: while it goes on, and when it rests. */
const POLL = { live: 1500, resting: 5000 };

/** The runs on view, looked at again and again while the page can be seen. */
export function useRuns(): { readonly runs: readonly RunInfo[] | undefined; readonly trouble: string | undefined } {
  const [runs, setRuns] = useState<readonly RunInfo[]>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      let live = false;
      try {
        const found = document.hidden ? undefined : await fetchRuns();
        if (ended) return;
        if (found !== undefined) setRuns((before) => (sameRuns(before, found) ? before : found));
        live = found?.some((run) => run.live) ?? false;
        setTrouble(undefined);
      } catch (error) {
        setTrouble((error as Error).message);
      }
      if (!ended) timer = setTimeout(look, live ? POLL.live : POLL.resting);
    };
    const onVisible = (): void => {
      if (document.hidden || ended) return;
      clearTimeout(timer);
      void look();
    };
    void look();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, []);
  return { runs, trouble };
}

function sameRuns(before: readonly RunInfo[] | undefined, now: readonly RunInfo[]): boolean {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now);
}

/** One state of a run's evidence, on this page and in the selectors' thread. */
export interface LoadedRun {
  readonly index: number;
  readonly version: string;
  readonly table: EvidenceTable;
  readonly client: SelectorClient;
}

/** Loads a run's evidence, again whenever its files have changed; the last one stands until the next is there. */
export function useEvidence(
  index: number,
  run: RunInfo | undefined,
): { readonly loaded: LoadedRun | undefined; readonly trouble: string | undefined } {
  const [loaded, setLoaded] = useState<LoadedRun>();
  const [trouble, setTrouble] = useState<string>();
  const [round, setRound] = useState(0);
  const asked = run === undefined ? undefined : `${run.version} ${run.attention}`;
  const attention = run?.attention ?? false;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each round asks again
  useEffect(() => {
    if (asked === undefined) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    fetchEvidence(index).then(
      ({ table, version }) => {
        if (ended) return;
        setTrouble(undefined);
        const buffer = table.ids.buffer as ArrayBuffer;
        setLoaded((before) => {
          if (before?.version === version) return before;
          before?.client.close();
          return { index, version, table, client: new SelectorClient(buffer, attention) };
        });
        // A server that is sparing with a busy run may answer with a state that is already old.
        if (!asked.startsWith(version)) timer = setTimeout(() => setRound((count) => count + 1), POLL.live);
      },
      (error: unknown) => {
        if (!ended) setTrouble((error as Error).message);
      },
    );
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [index, asked, attention, round]);
  return useMemo(() => ({ loaded, trouble }), [loaded, trouble]);
}
