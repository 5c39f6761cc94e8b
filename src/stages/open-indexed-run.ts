import { join } from "node:path";
import { type Config, resolveSelection } from "../config.ts";
import { type Manifest, readManifest, writeManifest } from "../runs/manifest.ts";
import { openRunDirectory, type RunDirectory } from "../runs/run-directory.ts";
import { newManifest, readsAlike } from "./new-manifest.ts";
import { atSameCommit } from "./open-configured-dataset.ts";
import { type OwnParts, openParts, type Parts } from "./open-parts.ts";
import type { Progress } from "./progress.ts";
import { indexSamples, type SampleIndex } from "./read-samples.ts";

/** A run directory with its parts open and its samples listed: where rollouts can come in or be asked for. */
export interface IndexedRun extends AsyncDisposable {
  readonly run: RunDirectory;
  readonly parts: Parts;
  readonly index: SampleIndex;
  readonly manifest: Manifest;
  /** The run as it was found; absent when there was none. */
  readonly before?: Manifest;
  /** Leaves the run for another command to go on with. */
  save(more: Partial<Manifest>): Promise<void>;
}

/** Opens a run directory, making it when there is none, and reads its dataset unless that is done. */
export async function openIndexedRun(
  asked: Config,
  directory: string,
  options: {
    readonly parts?: OwnParts;
    readonly progress: Progress;
    readonly now: () => number;
    readonly signal?: AbortSignal;
  },
): Promise<IndexedRun> {
  const { progress, signal } = options;
  const config = atSameCommit(asked, await readManifest(directory), progress);
  const opening = { judgeCache: join(directory, "judge.jsonl"), progress, ...(signal && { signal }) };
  const parts = await openParts(config, options.parts, opening);
  let run: RunDirectory | undefined;
  const close = async (): Promise<void> => {
    await run?.[Symbol.asyncDispose]();
    await parts[Symbol.asyncDispose]();
  };
  try {
    run = await openRunDirectory(directory, options.now());
    const before = await readManifest(directory);
    const fresh = newManifest(config, resolveSelection(config.selection, config.sampling.seed), parts, before);
    // Neither importing nor exporting has anything to say of the attention of an earlier run.
    const manifest = before?.attention === undefined ? fresh : { ...fresh, attention: before.attention };
    const reread = before === undefined || !readsAlike(before, manifest);
    const index = await indexSamples(run, parts, config, { reread, progress, ...(signal && { signal }) });
    return {
      run,
      parts,
      index,
      manifest,
      ...(before && { before }),
      save: (more) => writeManifest(directory, { ...manifest, state: "partial", ...more }),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
