import { basename } from "node:path";
import { WinnowError } from "../errors.ts";
import type { CorrectIff } from "../graders/logged-score.ts";
import type { LoggedResponse } from "../imports/log-layout.ts";
import type { LogEntry } from "../imports/read-log.ts";
import type { SampleJoiner } from "../imports/sample-joiner.ts";
import { MOST, type TakenIndices } from "../imports/taken-indices.ts";
import { hashText } from "../lib/hash-text.ts";
import type { Arm, Rollout } from "../records.ts";
import type { ArmSettings } from "../runs/rollout-table.ts";
import type { RunDirectory } from "../runs/run-directory.ts";

/** What came of one log file. */
export interface ImportedFile {
  readonly file: string;
  /** `null`: it is laid out like no log that is known, and was left alone. */
  readonly layout: string | null;
  readonly responses: number;
  readonly imported: Readonly<Record<Arm, number>>;
  /** Imported before. */
  readonly already: number;
  /** How responses found their samples: by request, id, row or text. */
  readonly joinedBy: Readonly<Record<string, number>>;
  /** Responses left out, by reason. */
  readonly left: Readonly<Record<string, number>>;
}

/** Where the rollouts of logs go, and what is there already. */
export interface ImportTarget {
  readonly run: RunDirectory;
  readonly joiner: SampleJoiner;
  readonly indices: TakenIndices;
  /** `sample/arm/origin/hash of the text` of every rollout that was imported before. */
  readonly known: Set<string>;
  readonly settings: ArmSettings;
}

/** Takes the responses of one log file into the journal, one by one, and says what became of them. */
export class ImportedLog {
  readonly #target: ImportTarget;
  readonly #options: {
    readonly file: string;
    readonly arm?: Arm;
    readonly allSteps?: boolean;
    readonly rule?: CorrectIff;
  };
  readonly #leave: (line: object) => Promise<void>;
  readonly #name: string;
  readonly #imported = { image: 0, text: 0 };
  readonly #joinedBy: Record<string, number> = {};
  readonly #left: Record<string, number> = {};
  /** arm/sample → the training step whose rollouts are taken. */
  readonly #steps = new Map<string, number>();
  #responses = 0;
  #already = 0;

  constructor(
    target: ImportTarget,
    options: { readonly file: string; readonly arm?: Arm; readonly allSteps?: boolean; readonly rule?: CorrectIff },
    leave: (line: object) => Promise<void>,
  ) {
    this.#target = target;
    this.#options = options;
    this.#leave = leave;
    this.#name = basename(options.file);
  }

  async take(entry: LogEntry): Promise<void> {
    this.#responses += 1;
    const left = "malformed" in entry ? { reason: "malformed", detail: entry.malformed } : this.#import(entry);
    if (left === undefined) return;
    this.#left[left.reason] = (this.#left[left.reason] ?? 0) + 1;
    const id = "logged" in entry ? (entry.logged.ids[0] ?? entry.logged.request?.sampleId) : undefined;
    await this.#leave({ file: this.#name, row: entry.row, ...(id !== undefined && { id }), ...left });
  }

  finish(layout: string | undefined): ImportedFile {
    return {
      file: this.#options.file,
      layout: layout ?? null,
      responses: this.#responses,
      imported: this.#imported,
      already: this.#already,
      joinedBy: this.#joinedBy,
      left: this.#left,
    };
  }

  /** Journals a response; or says why it is left out. */
  #import({
    row,
    place,
    logged,
  }: Extract<LogEntry, { logged: unknown }>): { reason: string; detail: string } | undefined {
    const { joiner, settings, known } = this.#target;
    if (logged.trouble !== undefined) return { reason: "failed", detail: logged.trouble };
    const unusable = this.#findFault(logged);
    if (unusable !== undefined) return unusable;
    const join = joiner.join(logged);
    if ("reason" in join) return join;
    const arm = this.#armOf(logged);
    if (logged.request !== undefined && logged.request.settings !== settings[arm]) {
      return { reason: "other-settings", detail: "asked for with another model, prompt or sampling than this run's" };
    }
    const { sampleId } = join;
    if (!this.#isOfStep(logged, arm, sampleId)) {
      return { reason: "later-step", detail: `step ${logged.step}; the rollouts of an earlier step were taken` };
    }
    const text = logged.response ?? "";
    const origin = `${this.#name}:${row}${place === 0 ? "" : `.${place}`}`;
    const key = `${sampleId}/${arm}/${origin}/${hashText(text.toWellFormed(), 16)}`;
    if (known.has(key)) {
      this.#already += 1;
      return undefined;
    }
    const index = this.#takeIndex(sampleId, arm, logged);
    if (typeof index !== "number") return index;
    known.add(key);
    this.#joinedBy[join.by] = (this.#joinedBy[join.by] ?? 0) + 1;
    this.#imported[arm] += 1;
    const { score, tokens = {} } = logged;
    const rollout: Rollout = {
      sampleId,
      arm,
      index,
      text,
      ...tokens,
      origin,
      ...(score !== undefined && { loggedScore: score }),
    };
    this.#target.run.journal.append("rollouts", [{ ...rollout, settings: settings[arm] }]);
    return undefined;
  }

  #findFault({ response, score }: LoggedResponse): { reason: string; detail: string } | undefined {
    const { rule } = this.#options;
    if (rule === undefined) {
      if (response !== undefined) return undefined;
      return { reason: "no-response", detail: "the log holds no text to grade; --correct-iff goes by its score" };
    }
    return score === undefined ? { reason: "no-score", detail: `no number in \`${rule.field}\`` } : undefined;
  }

  #armOf({ arm, request }: LoggedResponse): Arm {
    const found = request === undefined ? (this.#options.arm ?? arm) : arm;
    if (found !== undefined) return found;
    throw new WinnowError(
      "usage",
      `${this.#name} does not say whether its responses were given with the image: add --arm image or --arm text.`,
    );
  }

  #isOfStep({ step }: LoggedResponse, arm: Arm, sampleId: string): boolean {
    if (step === undefined || this.#options.allSteps === true) return true;
    const key = `${arm}/${sampleId}`;
    const first = this.#steps.get(key);
    if (first === undefined) this.#steps.set(key, step);
    return first === undefined || first === step;
  }

  #takeIndex(sampleId: string, arm: Arm, { request }: LoggedResponse): number | { reason: string; detail: string } {
    const { indices } = this.#target;
    if (request !== undefined) {
      if (indices.take(sampleId, arm, request.index)) return request.index;
      return { reason: "repeated", detail: `rollout ${request.index} is there already, from elsewhere` };
    }
    return (
      indices.takeNext(sampleId, arm) ?? {
        reason: "too-many",
        detail: `${MOST} rollouts of this arm are there already`,
      }
    );
  }
}
