/** Follows braces, brackets and strings through JSON, byte by byte; nothing else is checked. */
export class Nesting {
  /** Braces and brackets that are open. */
  depth = 0;
  inString = false;
  #escaped = false;

  push(byte: number): void {
    if (this.inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === 0x5c) this.#escaped = true;
      else if (byte === 0x22) this.inString = false;
    } else if (byte === 0x22) this.inString = true;
    else if (byte === 0x7b || byte === 0x5b) this.depth += 1;
    else if (byte === 0x7d || byte === 0x5d) this.depth -= 1;
  }

  /** Whether everything that was opened is closed. */
  get closed(): boolean {
    return this.depth <= 0 && !this.inString;
  }
}

/** JSON's own white space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
