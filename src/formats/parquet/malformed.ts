/** Bytes that are not the Parquet they should be; says what was expected and what was found. */
export class MalformedParquet extends Error {
  override readonly name = "MalformedParquet";
}
