import { decodeEvidence, type EvidenceTable } from "../../src/view/evidence-columns.ts";
import type { RunInfo, SamplePage, SampleRow, SubsetResult, TokenScoresView } from "../../src/view/protocol.ts";
import type { Flags } from "./selection/flags.ts";

/** What the server says when it refuses, in a sentence for people. */
class ServerError extends Error {
  override readonly name = "ServerError";
}

export async function fetchRuns(): Promise<RunInfo[]> {
  return (await ask("/api/runs")).json() as Promise<RunInfo[]>;
}

/** A run's evidence, and the version of the run's files that it was read from. */
export async function fetchEvidence(run: number): Promise<{ table: EvidenceTable; version: string }> {
  const response = await ask(`/api/runs/${run}/evidence`);
  const version = response.headers.get("x-version") ?? "";
  return { table: decodeEvidence(await response.arrayBuffer()), version };
}

export async function fetchRows(run: number, places: readonly number[]): Promise<SampleRow[]> {
  return (await ask(`/api/runs/${run}/rows?at=${places.join(",")}`)).json() as Promise<SampleRow[]>;
}

/** Places of the samples that hold the text. */
export async function search(
  run: number,
  text: string,
  responses: boolean,
  signal: AbortSignal,
): Promise<Uint32Array<ArrayBuffer>> {
  const query = new URLSearchParams({ q: text, ...(responses && { in: "responses" }) });
  const response = await ask(`/api/runs/${run}/search?${query}`, { signal });
  return new Uint32Array(await response.arrayBuffer());
}

export async function fetchSample(run: number, id: string, whole: boolean): Promise<SamplePage> {
  return (await ask(`${sampleAddress(run, id)}${whole ? "?whole=1" : ""}`)).json() as Promise<SamplePage>;
}

export async function fetchTokenScores(run: number, id: string, index: number): Promise<TokenScoresView> {
  return (await ask(`${sampleAddress(run, id)}/attention/${index}`)).json() as Promise<TokenScoresView>;
}

export function imageAddress(run: number, id: string, image: number): string {
  return `${sampleAddress(run, id)}/images/${image}`;
}

/** Does what `winnow select` does with these flags. */
export async function writeSubset(run: number, flags: Flags): Promise<SubsetResult> {
  const body = JSON.stringify({ flags });
  const headers = { "content-type": "application/json" };
  return (await ask(`/api/runs/${run}/subset`, { method: "POST", body, headers })).json() as Promise<SubsetResult>;
}

function sampleAddress(run: number, id: string): string {
  return `/api/runs/${run}/samples/${encodeURIComponent(id)}`;
}

async function ask(address: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new ServerError("The viewer's server does not answer; is `winnow view` still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    throw new ServerError("This address has expired: open the one that `winnow view` printed last.");
  }
  const said = (await response.json().catch(() => undefined)) as { message?: string } | undefined;
  throw new ServerError(said?.message ?? `The server answered ${response.status}.`);
}
