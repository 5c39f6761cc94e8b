import { ByteQueue } from "./byte-queue.ts";
import { MalformedTar } from "./malformed.ts";
import { BLOCK, readHeader, readPaxRecords, type TarHeader } from "./read-header.ts";

/** A member of a tar, with all of its bytes. */
export interface TarMember {
  readonly name: string;
  /** `header`: what is said of all members that follow; `other`: devices and the like. */
  readonly kind: "file" | "folder" | "link" | "header" | "other";
  readonly content: Buffer;
  /** As it stands in the archive: headers, content and padding. */
  readonly raw: readonly Buffer[];
}

/** What a tar is made of: members, and the bytes from its end mark on. */
export type TarPart =
  | { readonly type: "member"; readonly member: TarMember }
  | { readonly type: "end"; readonly bytes: Buffer };

/** Bytes of a member at most, since it is held whole. */
const MAX_MEMBER_BYTES = 2 ** 28;
const MAX_EXTENSION_BYTES = 2 ** 20;
const END_PIECE = 2 ** 20;
const KINDS: Readonly<Record<string, TarMember["kind"]>> = {
  "0": "file",
  "7": "file",
  "5": "folder",
  "1": "link",
  "2": "link",
  g: "header",
};

/** Splits a tar's bytes into its members, in order, holding one at a time. Throws `MalformedTar`. */
export async function* readMembers(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarPart> {
  const queue = new ByteQueue(chunks);
  try {
    let about = new MemberHeaders();
    for (;;) {
      const offset = queue.offset;
      const block = await queue.take(BLOCK);
      if (isEndMark(block)) {
        about.requireNone();
        if (offset === 0 && block.length === 0) throw new MalformedTar("expected a tar; found an empty file");
        for (let bytes = block; bytes.length > 0; bytes = await queue.take(END_PIECE)) yield { type: "end", bytes };
        return;
      }
      if (block.length < BLOCK)
        throw new MalformedTar(`expected a header at byte ${offset}; found the end of the file`);
      const header = about.apply(readHeader(block, offset));
      const content = await takeContent(queue, header);
      about.raw.push(block, content);
      const bytes = content.subarray(0, header.size);
      if (about.extend(header, bytes)) continue;
      const kind = KINDS[header.type] ?? "other";
      yield { type: "member", member: { name: header.name, kind, content: bytes, raw: about.raw } };
      about = new MemberHeaders();
    }
  } finally {
    await queue.close();
  }
}

/** What the headers in front of a member say of it. */
class MemberHeaders {
  readonly raw: Buffer[] = [];
  #records: ReadonlyMap<string, string> = new Map();
  #longName: string | undefined;

  /** Takes a header about the next member in; false when it is the member's own. */
  extend({ type }: TarHeader, bytes: Buffer): boolean {
    if (type === "x") this.#records = readPaxRecords(bytes);
    else if (type === "L") this.#longName = bytes.toString("utf8").replace(/\0.*$/s, "");
    else return type === "K";
    return true;
  }

  apply(header: TarHeader): TarHeader {
    if ("xgLK".includes(header.type)) return header;
    const isSparse = header.type === "S" || [...this.#records.keys()].some((key) => key.startsWith("GNU.sparse"));
    const name = this.#records.get("path") ?? this.#longName ?? header.name;
    if (isSparse) throw new MalformedTar(`expected whole members; found the sparse one ${JSON.stringify(name)}`);
    const size = header.size === 0 ? 0 : Number(this.#records.get("size") ?? header.size);
    return { ...header, name, size: "123456".includes(header.type) ? 0 : size };
  }

  requireNone(): void {
    if (this.raw.length > 0) throw new MalformedTar("expected the member that an extended header is about; found none");
  }
}

/** A member's content with its padding. */
async function takeContent(queue: ByteQueue, { name, size, type }: TarHeader): Promise<Buffer> {
  const limit = "xgLK".includes(type) ? MAX_EXTENSION_BYTES : MAX_MEMBER_BYTES;
  const called = JSON.stringify(name.slice(0, 120));
  if (!(size <= limit)) {
    throw new MalformedTar(`expected members of at most ${limit / 2 ** 20} MiB; ${called} has ${size} bytes`);
  }
  const content = await queue.take(Math.ceil(size / BLOCK) * BLOCK);
  if (content.length < size) {
    throw new MalformedTar(`expected ${size} bytes of ${called}; found the end of the file after ${content.length}`);
  }
  return content;
}

function isEndMark(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}
