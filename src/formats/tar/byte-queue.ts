/** Takes so many bytes at a time off a stream, copying only what is split over its pieces. */
export class ByteQueue {
  readonly #source: AsyncIterator<Buffer>;
  #ready: Buffer = Buffer.alloc(0);
  /** Bytes taken so far. */
  #offset = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#source = chunks[Symbol.asyncIterator]();
  }

  /** Where the next byte stands in the stream. */
  get offset(): number {
    return this.#offset;
  }

  /** The next `length` bytes; fewer where the stream ends. */
  async take(length: number): Promise<Buffer> {
    const parts = [this.#ready];
    let held = this.#ready.length;
    while (held < length) {
      const next = await this.#source.next();
      if (next.done === true) break;
      parts.push(next.value);
      held += next.value.length;
    }
    const bytes = parts.length === 1 ? this.#ready : Buffer.concat(parts);
    const taken = bytes.subarray(0, length);
    this.#ready = bytes.subarray(length);
    this.#offset += taken.length;
    return taken;
  }

  /** Lets go of the stream, which may have more. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
