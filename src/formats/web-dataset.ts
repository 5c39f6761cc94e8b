import { withCompressed } from "./compression.ts";
import type { Dataset, DatasetFiles, Format, OpenOptions } from "./format.ts";
import { namingFaults } from "./naming-faults.ts";
import { openRowReader } from "./row-reader.ts";
import { openStreamed, peekRows, type StreamedFile, surveyFiles } from "./streamed-dataset.ts";
import { type NamedFile, nameFiles } from "./subset-target.ts";
import { MalformedTar } from "./tar/malformed.ts";
import { listColumns, readSample, type TarSample } from "./tar/read-sample.ts";
import { copySamples, readSamples } from "./tar/samples.ts";

/** WebDataset: tars in which members of one key, `0001.jpg` and `0001.json`, make a sample. */
export const webDataset: Format = { name: "webdataset", extensions: [...withCompressed([".tar"]), ".tgz"], open };

async function open(found: DatasetFiles, options: OpenOptions): Promise<Dataset> {
  const files = nameFiles(found).map(readAsTar);
  const columns = new Set<string>();
  const survey = await surveyFiles(files, (sample) => {
    for (const column of listColumns(sample)) columns.add(column);
  });
  const first = files[0] as StreamedFile<TarSample>;
  const file =
    files.length > 3 ? `${first.name} and ${files.length - 1} more` : files.map(({ name }) => name).join(", ");
  const peek = async (names: readonly string[]) => await peekRows(first, names);
  const reader = await openRowReader({ file, columns: [...columns], peek }, options);
  return openStreamed(found, files, { format: "webdataset", reader, survey });
}

function readAsTar(file: NamedFile): StreamedFile<TarSample> {
  const rows = (chunks: AsyncIterable<Buffer>) =>
    namingFaults({ name: file.name, kind: "tar", faults: [MalformedTar] }, readSamples(chunks));
  return { ...file, rows, values: readSample, write: copySamples };
}
