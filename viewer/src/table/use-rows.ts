import { useEffect, useReducer, useRef } from "react";
import type { SampleRow } from "../../../src/view/protocol.ts";
import { fetchRows } from "../server.ts";

/** Rows kept at most; beyond that the oldest go. */
const KEPT = 2000;
const PAUSE_MS = 40;
const AT_ONCE = 100;

/** The texts of the rows that are in sight, asked for as they come into it. `version`: of the run's files. */
export function useRows(run: number, version: string, places: readonly number[]): ReadonlyMap<number, SampleRow> {
  const rows = useRef(new Map<number, SampleRow>());
  const asked = useRef(new Set<number>());
  const source = useRef("");
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  if (source.current !== `${run} ${version}`) {
    source.current = `${run} ${version}`;
    asked.current = new Set();
  }
  const wanted = places.filter((place) => !asked.current.has(place));
  const key = wanted.join(",");
  useEffect(() => {
    if (key === "") return;
    const list = key.split(",").map(Number).slice(0, AT_ONCE);
    const from = source.current;
    const timer = setTimeout(() => {
      for (const place of list) asked.current.add(place);
      fetchRows(run, list).then(
        (found) => {
          if (source.current !== from) return;
          for (const row of found) rows.current.set(row.place, row);
          for (const place of rows.current.keys()) {
            if (rows.current.size <= KEPT) break;
            rows.current.delete(place);
            asked.current.delete(place);
          }
          redraw();
        },
        () => {
          for (const place of list) asked.current.delete(place);
        },
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [run, key]);
  return rows.current;
}
