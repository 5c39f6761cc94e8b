import { useCallback, useSyncExternalStore } from "react";

/** Where the viewer is: a path and what follows the question mark. All that can be shared is in here. */
export interface Address {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();
let current = read();

function read(): Address {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function announce(): void {
  current = read();
  for (const listener of listeners) listener();
}

addEventListener("popstate", announce);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The address as text; an absent or empty value is left out. */
function writeAddress(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** Goes to another page of the viewer, keeping the query. */
export function visit(path: string): void {
  history.pushState(null, "", writeAddress(path, current.query));
  announce();
}

/** Sets values of the query; an empty one is taken out. The address changes in place, so that Back leaves the page. */
export function amend(values: Readonly<Record<string, string>>): void {
  const query = new URLSearchParams(current.query);
  for (const [name, value] of Object.entries(values)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  history.replaceState(null, "", writeAddress(current.path, query));
  announce();
}

export function useAddress(): Address {
  return useSyncExternalStore(subscribe, () => current);
}

/** A click that stays in the viewer; with a modifier key the browser does what it always does. */
export function useVisit(path: string): (event: React.MouseEvent) => void {
  return useCallback(
    (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      visit(path);
    },
    [path],
  );
}
