import type { HubPart } from "../hub/choose-files.ts";
import type { TransferProgress } from "../hub/download.ts";
import { fetchDataset } from "../hub/fetch-dataset.ts";
import { claimFiles, isClaimed } from "./dataset-files.ts";
import { combineFingerprints } from "./fingerprint.ts";
import type { Dataset, Format, OpenOptions } from "./format.ts";

/** Formats whose rows hold their images: others name files beside them, which are downloaded all at once. */
const WHOLE = /(?:^|\/)(?!metadata\.parquet$)[^/]*\.(?:parquet|tar)$/i;

export interface HubDatasetOptions extends HubPart {
  readonly format?: string;
  readonly imageFolder?: string;
  readonly transfer?: TransferProgress;
  readonly signal?: AbortSignal;
}

/**
 * Opens a dataset on the Hugging Face hub: its files are brought here, then opened as any others. The
 * fingerprint goes by the hashes that the hub lists, so that it is the same on every machine.
 */
export async function openHubDataset(
  address: string,
  formats: readonly Format[],
  { format, imageFolder, transfer, signal, ...part }: HubDatasetOptions,
  asked: OpenOptions,
): Promise<Dataset> {
  const fetched = await fetchDataset(address, {
    ...part,
    isReadable: (path) => format !== undefined || isClaimed(path, formats),
    wantsImages: (paths) => imageFolder === undefined && !paths.every((path) => WHOLE.test(path)),
    ...(transfer && { progress: transfer }),
    ...(signal && { signal }),
  });
  const { origin, contents, store, ensure } = fetched;
  const found = claimFiles(address, fetched, formats, format);
  const files = { ...found, kept: { store, ensure }, ...(imageFolder !== undefined && { imageFolder }) };
  const dataset = await found.format.open(files, asked);
  return { ...dataset, origin, ...(contents && { fingerprint: combineFingerprints(contents) }) };
}
