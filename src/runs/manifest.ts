import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config, SelectionOptions } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { writeFileAtomically } from "../lib/write-file-atomically.ts";
import type { Sweep } from "../records.ts";

/** A selection scored anew with a newer checkpoint (docs/refresh.md). */
export interface Refresh {
  /** 1 for the first refresh. */
  readonly round: number;
  /** Share of the samples not selected before that is answered anew in one round, in [0, 1]. */
  readonly share: number;
  /** Checkpoints before this one, newest first; their evidence stands for samples not answered since. */
  readonly earlier: readonly {
    readonly model: string;
    readonly settings: { readonly image: string; readonly text: string };
  }[];
  /** How the selection changed; absent until the refresh is done. */
  readonly outcome?: {
    /** Samples this checkpoint has answered, and those an earlier one's evidence stands for. */
    readonly answered: number;
    readonly carried: number;
    /** Samples selected before; those still selected, those no longer, and those that are new. */
    readonly before: number;
    readonly kept: number;
    readonly dropped: number;
    readonly joined: number;
  };
}

/** Where on the Hugging Face hub a dataset was taken from. */
export interface HubProvenance {
  /** The address as it was asked for, and the same at the commit that it named then. */
  readonly asked: string;
  readonly address: string;
  /** `owner/name`. */
  readonly repo: string;
  readonly commit: string;
  readonly config?: string;
  readonly split?: string;
  /** As the dataset card has it: the hub's names of licences, and for `other` its own name and address. */
  readonly license?: { readonly ids: readonly string[]; readonly name?: string; readonly link?: string };
}

/** `run.json`: what was asked, of which dataset and model, and how far it came. */
export interface Manifest {
  /** Layout of the run directory. */
  readonly version: 1;
  /** Winnow's own version. */
  readonly winnow: string;
  readonly config: Config;
  readonly dataset: {
    /** Absolute path, or `hf://` address with the commit in it. */
    readonly path: string;
    /** Present for a dataset on the Hugging Face hub. */
    readonly hub?: HubProvenance;
    readonly format: string;
    /** Absent in runs made before there were dialects. */
    readonly dialect?: string;
    readonly fields: Readonly<Record<string, string | undefined>>;
    readonly rows: number;
    readonly fingerprint: string;
  };
  readonly model: { readonly name: string; readonly fingerprint: string };
  /** Responses whose attention was read over other tokens than the sampled ones; absent before the run has come so far. */
  readonly tokenMismatches?: number;
  /** What follows the question, and the token limit, after the model's own defaults were filled in. */
  readonly prompt: { readonly format: string; readonly counterfactual: string };
  readonly maxTokens: number;
  /** Names of the settings that rollouts of each arm were sampled under. */
  readonly settings: { readonly image: string; readonly text: string };
  /** Names of the settings of rollouts with the image masked in part, by share; absent when the method takes none. */
  readonly masked?: readonly { readonly share: number; readonly settings: string }[];
  /** Present once a newer checkpoint refreshed the selection. */
  readonly refresh?: Refresh;
  readonly grader: { readonly name: string; readonly version: string };
  /** Name of the attention source; absent when ACE did not run. */
  readonly attention?: string;
  readonly selection: SelectionOptions;
  readonly protocol: "lazy" | "full";
  /** Seconds of wall time by stage, added up over resumed parts. */
  readonly seconds: Readonly<Record<string, number>>;
  /** `partial`: it was asked for its rollouts or its attention alone. */
  readonly state: "running" | "partial" | "interrupted" | "failed" | "done";
  /** What a parametric bootstrap says of the selection, and, when nothing or everything is selected, which gate did it. */
  readonly outcome?: {
    /** Absent at temperature 0, where a re-run brings the same rollouts. */
    readonly stability?: {
      readonly runs: number;
      readonly again: number;
      readonly flips: number;
      readonly share: number;
      readonly joined?: number;
    };
    /** What other thresholds would keep; absent in runs of before there was this. */
    readonly sensitivity?: { readonly cde: Sweep; readonly ace?: Sweep };
    readonly extreme?: string;
  };
  /** The written subset, files relative to `subset/`; `null` when nothing or everything was selected. */
  readonly subset?: { readonly files: readonly string[]; readonly rows: number; readonly bytes: number } | null;
  /** The random subset to compare it with, files relative to `control/`; `null` when none was written. */
  readonly control?: WrittenControl | null;
}

/** A random subset of the size of the selected one, with as many samples of each kind of ground truth. */
export interface WrittenControl {
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
  readonly samples: number;
  /** Samples that are in the selected subset too. */
  readonly overlap: number;
  /** Samples by kind of ground truth, the most common first. */
  readonly mix: readonly {
    readonly kind: string;
    /** All that could have been drawn. */
    readonly all: number;
    readonly subset: number;
    readonly control: number;
  }[];
}

/** Reads `run.json`; `undefined` when the folder holds none. */
export async function readManifest(directory: string): Promise<Manifest | undefined> {
  const path = join(directory, "run.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch (error) {
    throw new WinnowError("run", `${path} is not JSON: restore it, or choose another run directory.`, { cause: error });
  }
  if (manifest.version !== 1) {
    throw new WinnowError("run", `${path} has layout version ${manifest.version}; this Winnow reads version 1.`);
  }
  return manifest;
}

export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await writeFileAtomically(join(directory, "run.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
