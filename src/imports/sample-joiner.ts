import { hashText } from "../lib/hash-text.ts";
import type { Sample } from "../records.ts";
import type { LoggedResponse } from "./log-layout.ts";
import { normaliseGold } from "./normalise-text.ts";
import { QuestionIndex } from "./question-index.ts";

/** What is known of a sample when logs are joined to it. */
export type Joinable = Pick<Sample, "id" | "source" | "rowId" | "question" | "groundTruth">;

/** Why a response is not joined. */
export type UnjoinedReason = "no-match" | "ambiguous" | "gold-differs" | "text-differs" | "unknown-template";

/** The sample a response answers, or why there is none; never a guess. */
export type Join =
  | { readonly sampleId: string; readonly by: "request" | "id" | "index" | "text" }
  | { readonly reason: UnjoinedReason; readonly detail: string };

/** Prompts whose join is remembered: the responses to one prompt mostly stand together. */
const REMEMBERED = 4096;
/** Questions that have to show a template before it is trusted. */
const WITNESSES = 2;

/**
 * Joins logged responses to the samples of a dataset: by Winnow's own request, by an id, by the
 * row, and at last by the question that stands in the prompt together with the ground truth.
 * A ground truth that differs breaks any of these. Keeps hashes, no texts.
 */
export class SampleJoiner {
  readonly #ids: string[] = [];
  readonly #golds: string[] = [];
  readonly #byId = new Map<string, number>();
  readonly #byRowId = new Map<string, number[]>();
  readonly #byRow = new Map<number, number>();
  readonly #files = new Set<string>();
  readonly #questions = new QuestionIndex();
  /** Template → questions seen in it while learning. */
  readonly #witnesses = new Map<string, Set<number>>();
  readonly #prompts = new Set<string>();
  readonly #remembered = new Map<string, Join>();

  add({ id, source, rowId, question, groundTruth }: Joinable): void {
    this.#files.add(source.file);
    const known = this.#byId.get(id);
    const place = known ?? this.#ids.length;
    this.#byRow.set(source.row, place);
    if (known !== undefined) return;
    this.#ids.push(id);
    this.#golds.push(hashGold(groundTruth));
    this.#byId.set(id, place);
    if (rowId !== undefined) this.#byRowId.set(rowId, [...(this.#byRowId.get(rowId) ?? []), place]);
    this.#questions.add(question, place);
  }

  /** Counts a file whose rows may all be unusable: rows of several files have no one number. */
  addFile(file: string): void {
    this.#files.add(file);
  }

  /** Shows a prompt of the log before its responses are joined, so that its chat template is learned. */
  learn(logged: LoggedResponse): void {
    if (logged.prompt === undefined || this.#prompts.size >= REMEMBERED) return;
    const key = hashText(logged.prompt, 32);
    if (this.#prompts.has(key)) return;
    this.#prompts.add(key);
    for (const { template, places } of this.#questions.find(logged.prompt)) {
      const witnesses = this.#witnesses.get(template) ?? new Set<number>();
      this.#witnesses.set(template, witnesses.add(places[0] as number));
      return;
    }
  }

  join(logged: LoggedResponse): Join {
    const { request, ids, index, prompt } = logged;
    if (request !== undefined) {
      if (this.#byId.has(request.sampleId)) return { sampleId: request.sampleId, by: "request" };
      return { reason: "no-match", detail: `sample ${request.sampleId} is not in this dataset` };
    }
    for (const id of ids) {
      const own = this.#byId.get(id);
      const places = own === undefined ? (this.#byRowId.get(id) ?? []) : [own];
      if (places.length > 0) return this.#choose(places, logged, "id", `id ${id}`);
    }
    const place = index === undefined || this.#files.size > 1 ? undefined : this.#byRow.get(index);
    if (place !== undefined) return this.#joinByRow(place, logged);
    if (prompt !== undefined) return this.#joinByText(prompt, logged);
    const asked = [...ids.map((id) => `id ${id}`), ...(index === undefined ? [] : [`row ${index}`])].join(", ");
    return { reason: "no-match", detail: asked === "" ? "neither id, row nor prompt is logged" : `no ${asked}` };
  }

  #joinByRow(place: number, logged: LoggedResponse): Join {
    const { index, prompt } = logged;
    const chosen = this.#choose([place], logged, "index", `row ${index}`);
    if ("reason" in chosen || prompt === undefined || prompt.trim() === "") return chosen;
    for (const { places } of this.#questions.find(prompt)) if (places.includes(place)) return chosen;
    return { reason: "text-differs", detail: `row ${index} asks something else than the logged prompt` };
  }

  #joinByText(prompt: string, logged: LoggedResponse): Join {
    const key = hashText(`${prompt}\n${logged.groundTruth ?? ""}`, 32);
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered;
    const join = this.#searchText(prompt, logged);
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    this.#remembered.set(key, join);
    return join;
  }

  #searchText(prompt: string, logged: LoggedResponse): Join {
    let strange = false;
    for (const { places, template } of this.#questions.find(prompt)) {
      if (this.#isTrusted(template)) return this.#choose(places, logged, "text", "the question");
      strange = true;
    }
    if (!strange) return { reason: "no-match", detail: "no question of the dataset stands in the prompt" };
    return {
      reason: "unknown-template",
      detail: "a question of the dataset stands in the prompt, among words that no other prompt of the log has there",
    };
  }

  /** A log of one or two prompts has no other to compare its template with. */
  #isTrusted(template: string): boolean {
    if (this.#prompts.size <= WITNESSES) return true;
    return (this.#witnesses.get(template)?.size ?? 0) >= WITNESSES;
  }

  #choose(places: readonly number[], logged: LoggedResponse, by: "id" | "index" | "text", what: string): Join {
    const gold = logged.groundTruth === undefined ? undefined : hashGold(logged.groundTruth);
    const agreeing = gold === undefined ? places : places.filter((place) => this.#golds[place] === gold);
    const [only, ...others] = agreeing;
    if (only === undefined) {
      return { reason: "gold-differs", detail: `${what} is there, with another ground truth than the logged one` };
    }
    if (others.length === 0) return { sampleId: this.#ids[only] as string, by };
    return { reason: "ambiguous", detail: `${what} is that of ${agreeing.length} samples` };
  }
}

function hashGold(text: string): string {
  return hashText(normaliseGold(text), 16);
}
