import { useSyncExternalStore } from "react";

const narrow = matchMedia("(max-width: 44rem)");

/** Whether the window is too narrow for columns; the style sheet turns at the same width. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener("change", listener);
      return () => narrow.removeEventListener("change", listener);
    },
    () => narrow.matches,
  );
}
