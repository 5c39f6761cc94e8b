import type { Config } from "../config.ts";
import type { Dataset } from "../formats/format.ts";
import { openDataset, pickDatasetOptions } from "../formats/index.ts";
import { isHubAddress } from "../lib/hub-address.ts";
import type { Manifest } from "../runs/manifest.ts";
import { type Progress, SILENT } from "./progress.ts";

/** Opens the dataset that a configuration names, downloading it first where it is on the hub. */
export async function openConfiguredDataset(
  config: Config,
  { progress = SILENT, signal }: { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
): Promise<Dataset> {
  let total = 0;
  const transfer = {
    begin: (bytes: number): void => {
      total += bytes;
      progress.begin("download", total);
    },
    advance: (bytes: number): void => progress.advance("download", bytes),
    end: (): void => progress.end("download"),
  };
  return await openDataset(config.dataset, { ...pickDatasetOptions(config), transfer, ...(signal && { signal }) });
}

/**
 * The configuration with its dataset at the commit that the run was begun with: a branch may have moved
 * on since. A run of another dataset, and one on this machine, stay as they are.
 */
export function atSameCommit(config: Config, before: Manifest | undefined, progress: Progress): Config {
  const hub = before?.dataset.hub;
  if (!isHubAddress(config.dataset) || hub?.asked !== config.dataset || hub.address === hub.asked) return config;
  progress.note(`The run goes on at the commit that it was begun with: ${hub.address}`);
  return { ...config, dataset: hub.address };
}
