import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { decompressWithDuckdb } from "./decompress-with-duckdb.ts";
import { MalformedParquet } from "./malformed.ts";
import { decompressSnappy } from "./snappy.ts";
import type { Lane } from "./window-reader.ts";

/** Compression codecs, in the order of parquet.thrift. */
const CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] as const;

/** Decompresses a page's data to exactly `length` bytes, in `scratch` where the codec allows it. Throws `MalformedParquet`. */
export async function decompress(
  codec: number,
  data: Buffer,
  length: number,
  scratch: Lane["scratch"] = Buffer.allocUnsafeSlow,
): Promise<Buffer> {
  const output = length === 0 ? Buffer.alloc(0) : await inflate(codec, data, length, scratch);
  if (output.length === length) return output;
  throw new MalformedParquet(`expected a page of ${length} bytes; found ${output.length}`);
}

async function inflate(codec: number, data: Buffer, length: number, scratch: Lane["scratch"]): Promise<Buffer> {
  const name = CODECS[codec];
  try {
    switch (name) {
      case "UNCOMPRESSED":
        return data;
      case "SNAPPY":
        return decompressSnappy(data, scratch(length));
      case "GZIP":
        return gunzipSync(data, { maxOutputLength: length });
      case "BROTLI":
        return brotliDecompressSync(data, { maxOutputLength: length });
      case "ZSTD":
      case "LZ4_RAW":
        return await decompressWithDuckdb(codec, data, length);
      default:
        throw new MalformedParquet(
          `expected a codec among snappy, gzip, brotli, zstd and lz4_raw; found ${name ?? codec}`,
        );
    }
  } catch (error) {
    if (error instanceof MalformedParquet) throw error;
    throw new MalformedParquet(`expected a page compressed with ${name}; ${(error as Error).message}`, {
      cause: error,
    });
  }
}
