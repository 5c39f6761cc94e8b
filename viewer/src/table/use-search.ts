import { useEffect, useState } from "react";
import { search } from "../server.ts";

/** What a search found. */
export interface SearchState {
  /** Places of the samples that hold the text; `null` without a search. */
  readonly places: Uint32Array<ArrayBuffer> | null;
  /** The first answer to this text is still on its way. */
  readonly pending: boolean;
  readonly trouble: string | null;
}

const PAUSE_MS = 200;
const NOTHING: SearchState = { places: null, pending: false, trouble: null };

/** Searches on the server a moment after the last key, and again when the run has changed (`version`). */
export function useSearch(run: number, text: string, responses: boolean, version: string | undefined): SearchState {
  const [state, setState] = useState<SearchState & { readonly asked: string }>({ ...NOTHING, asked: "" });
  const asked = text === "" ? "" : `${run} ${responses} ${text}`;
  useEffect(() => {
    if (text === "" || version === undefined) return setState({ ...NOTHING, asked: "" });
    const abort = new AbortController();
    const timer = setTimeout(() => {
      search(run, text, responses, abort.signal).then(
        (places) => setState({ places, pending: false, trouble: null, asked: `${run} ${responses} ${text}` }),
        (error: unknown) => {
          if (abort.signal.aborted) return;
          setState({ ...NOTHING, trouble: (error as Error).message, asked: `${run} ${responses} ${text}` });
        },
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [run, text, responses, version]);
  return asked === state.asked ? state : PENDING;
}

const PENDING: SearchState = { places: null, pending: true, trouble: null };
