/** Where and why a text is not JSON: `offset` in bytes, and what was expected there. */
export class JsonSyntaxError extends Error {
  readonly offset: number;
  override readonly name = "JsonSyntaxError";

  constructor(offset: number, expected: string, bytes: Uint8Array) {
    const found = offset >= bytes.length ? "the end" : JSON.stringify(String.fromCharCode(bytes[offset] as number));
    super(`expected ${expected} at byte ${offset}; found ${found}`);
    this.offset = offset;
  }
}

/** A member of an object: its name, and the half-open range of bytes of its value. */
export interface JsonMember {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

const MAX_DEPTH = 1000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = ["true", "false", "null", "NaN", "Infinity", "-Infinity"];

/**
 * The members of a row: of an object by name, of a list by number, the first `0`. Throws
 * `JsonSyntaxError`.
 */
export function scanRow(bytes: Buffer): readonly JsonMember[] {
  if (bytes[0] !== 0x5b) return scanObject(bytes);
  const items: JsonMember[] = [];
  const end = scanItems(bytes, 0, 1, (start, to) => items.push({ key: String(items.length), start, end: to }));
  if (skipSpace(bytes, end) < bytes.length) throw new JsonSyntaxError(end, "nothing more", bytes);
  return items;
}

/**
 * Checks that `bytes` is one JSON object and lists its members, without building any value:
 * numbers and long strings stay bytes. NaN and ±Infinity, which Python writes, pass. Throws
 * `JsonSyntaxError`.
 */
export function scanObject(bytes: Buffer): readonly JsonMember[] {
  const members: JsonMember[] = [];
  const start = skipSpace(bytes, 0);
  if (bytes[start] !== 0x7b) throw new JsonSyntaxError(start, "an object", bytes);
  const end = scanMembers(bytes, start, 1, (key, from, to) => members.push({ key, start: from, end: to }));
  const rest = skipSpace(bytes, end);
  if (rest < bytes.length) throw new JsonSyntaxError(rest, "nothing more", bytes);
  return members;
}

/** The end of the value at `at`, which starts without space. */
function scanValue(bytes: Buffer, at: number, depth: number): number {
  if (depth > MAX_DEPTH) throw new JsonSyntaxError(at, `at most ${MAX_DEPTH} levels`, bytes);
  switch (bytes[at]) {
    case QUOTE:
      return scanString(bytes, at);
    case 0x7b:
      return scanMembers(bytes, at, depth);
    case 0x5b:
      return scanItems(bytes, at, depth);
    default:
      return scanScalar(bytes, at);
  }
}

function scanMembers(
  bytes: Buffer,
  open: number,
  depth: number,
  visit?: (key: string, start: number, end: number) => void,
): number {
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] === 0x7d) return at + 1;
  for (;;) {
    if (bytes[at] !== QUOTE) throw new JsonSyntaxError(at, "a member name in double quotes", bytes);
    const keyEnd = scanString(bytes, at);
    const colon = skipSpace(bytes, keyEnd);
    if (bytes[colon] !== 0x3a) throw new JsonSyntaxError(colon, "a colon", bytes);
    const start = skipSpace(bytes, colon + 1);
    const end = scanValue(bytes, start, depth + 1);
    visit?.(JSON.parse(bytes.toString("utf8", at, keyEnd)) as string, start, end);
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x7d) return at + 1;
    if (bytes[at] !== 0x2c) throw new JsonSyntaxError(at, "a comma or }", bytes);
    at = skipSpace(bytes, at + 1);
  }
}

function scanItems(bytes: Buffer, open: number, depth: number, visit?: (start: number, end: number) => void): number {
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] === 0x5d) return at + 1;
  for (;;) {
    const end = scanValue(bytes, at, depth + 1);
    visit?.(at, end);
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x5d) return at + 1;
    if (bytes[at] !== 0x2c) throw new JsonSyntaxError(at, "a comma or ]", bytes);
    at = skipSpace(bytes, at + 1);
  }
}

/** The end of the string that opens at `at`; jumps from quote to quote, so that long ones are cheap. */
function scanString(bytes: Buffer, at: number): number {
  let close = at;
  for (;;) {
    close = bytes.indexOf(QUOTE, close + 1);
    if (close === -1) throw new JsonSyntaxError(bytes.length, "the end of a string", bytes);
    let slashes = 0;
    while (bytes[close - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) break;
  }
  for (let slash = bytes.indexOf(BACKSLASH, at); slash !== -1 && slash < close; ) {
    const escaped = bytes.toString("latin1", slash + 1, slash + 6);
    if (!/^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(escaped)) throw new JsonSyntaxError(slash, "a known escape", bytes);
    slash = bytes.indexOf(BACKSLASH, slash + 2);
  }
  return close + 1;
}

function scanScalar(bytes: Buffer, at: number): number {
  const text = bytes.toString("latin1", at, at + 10);
  const literal = LITERALS.find((one) => text.startsWith(one));
  if (literal !== undefined) return at + literal.length;
  let end = at;
  while (isNumberByte(bytes[end])) end += 1;
  NUMBER.lastIndex = 0;
  const digits = bytes.toString("latin1", at, end);
  if (end > at && NUMBER.exec(digits)?.[0].length === digits.length) return end;
  throw new JsonSyntaxError(at, "a value", bytes);
}

function isNumberByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e || (byte | 0x20) === 0x65;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}
