import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import { encodeFooter } from "./footer.ts";
import type { ColumnWriter } from "./row-group-writer.ts";
import { type ThriftStruct, TYPE } from "./thrift.ts";
import { i64, listField, makeStruct } from "./thrift-access.ts";

/** A row group is written once it holds this many bytes, so that memory stays within some times of it. */
const GROUP_BYTES = 2 ** 26;

/** The row groups of a Parquet file that is being written. */
export interface RowGroups {
  /** Says that `rows` more stand in every column's writer; writes them out when that is enough for a group. */
  added(rows: number): Promise<void>;
  /** Writes what is left and the footer, `metadata` with the rows and groups filled in; gives the rows of the file. */
  finish(metadata: ThriftStruct): Promise<number>;
}

/** Starts a Parquet file whose columns go through `writers`, in the order of its leaves. */
export async function openRowGroups(writers: readonly ColumnWriter[], sink: TemporaryFile): Promise<RowGroups> {
  const groups: ThriftStruct[] = [];
  let written = 0;
  let pending = 0;
  const flush = async (): Promise<void> => {
    if (pending === 0) return;
    const chunks: ThriftStruct[] = [];
    let bytes = 0;
    for (const writer of writers) {
      const { chunk, bytes: more } = await writer.flush(sink);
      chunks.push(chunk);
      bytes += more;
    }
    groups.push(makeStruct(listField(1, TYPE.struct, chunks), i64(2, bytes), i64(3, pending)));
    written += pending;
    pending = 0;
  };
  await sink.write(Buffer.from("PAR1"));
  return {
    async added(rows) {
      pending += rows;
      if (writers.reduce((sum, { held }) => sum + held, 0) >= GROUP_BYTES) await flush();
    },
    async finish(metadata) {
      await flush();
      await sink.write(encodeFooter(metadata, written, groups));
      return written;
    },
  };
}
