import { WinnowError } from "../errors.ts";
import type { Dataset } from "../formats/format.ts";
import { openDataset, pickDatasetOptions } from "../formats/index.ts";
import type { Sample } from "../records.ts";
import type { SampleEntry } from "../runs/ledger.ts";
import type { Manifest } from "../runs/manifest.ts";

/**
 * The samples of a run's dataset one at a time, straight from the dataset's files: no path ever
 * comes from outside, only a sample that the run knows. The dataset is opened on first use.
 */
export class DatasetSamples implements AsyncDisposable {
  readonly #manifest: Manifest;
  #dataset: Promise<Dataset> | undefined;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  /** Reads one sample with its images. Throws when the dataset is gone, or is not what it was. */
  async read(entry: SampleEntry): Promise<Sample> {
    const { path } = this.#manifest.dataset;
    this.#dataset ??= openDataset(path, pickDatasetOptions(this.#manifest.config));
    const dataset = await this.#dataset;
    const only = (file: string, row: number): boolean => file === entry.file && row === entry.row;
    for await (const item of dataset.read({ only })) {
      if (item.type === "sample" && item.sample.id === entry.id) return item.sample;
      break;
    }
    throw new WinnowError(
      "input",
      `${entry.file}, row ${entry.row} of ${path} is not the sample it was when the run read it.`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#dataset?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
