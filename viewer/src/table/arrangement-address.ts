import { type Arrangement, type Bounds, SORTS, type Sort } from "../selection/arrange.ts";

/** The arrangement in an address: `sort=d&order=descending&show=kept,replacement&d=0.4..1`. */
export function readArrangement(query: URLSearchParams): Arrangement {
  const sort = query.get("sort") as Sort;
  const show = query.get("show") ?? "";
  return {
    sort: SORTS.includes(sort) ? sort : "place",
    descending: query.get("order") === "descending",
    show: show === "" ? [] : show.split(","),
    d: readBounds(query.get("d")),
    psi: readBounds(query.get("psi")),
    difficulty: readBounds(query.get("difficulty")),
  };
}

/** Whether an arrangement and its search show every sample where it lies. */
export function isDatasetOrder(
  { sort, descending, show, d, psi, difficulty }: Arrangement,
  query: URLSearchParams,
): boolean {
  const bounds = [d, psi, difficulty].map(writeBounds).join("");
  return sort === "place" && !descending && show.length === 0 && bounds === "" && !query.get("q");
}

/** Bounds as text: `0.4..1`, `0.4..`, `..1`; empty without any. */
export function writeBounds({ min, max }: Bounds): string {
  return min === null && max === null ? "" : `${min ?? ""}..${max ?? ""}`;
}

export function readBounds(text: string | null): Bounds {
  const [min = "", max = ""] = (text ?? "").split("..");
  return { min: toBound(min), max: toBound(max) };
}

function toBound(text: string): number | null {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
}
