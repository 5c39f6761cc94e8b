/** A member as a test wants it, well behaved or not. */
export interface MadeMember {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** The type flag: `0` a file, `5` a folder, `2` a symbolic link, `3` a device, `x` and `g` pax headers. */
  readonly type?: string;
  readonly link?: string;
}

/** A member's header block, content and padding, as ustar has it. */
export function member({ name, content = "", type = "0", link = "" }: MadeMember): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  const write = (text: string, at: number) => header.write(text, at, "utf8");
  write(name, 0);
  write("0000640\0", 100);
  write("0001750\0", 108);
  write("0000144\0", 116);
  write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
  write("14702517312\0", 136);
  write("        ", 148);
  write(type, 156);
  write(link, 157);
  write("ustar\x0000somebody\0", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** The end mark: two blocks of nothing, filled up to a record of 10 kB as `tar` does. */
export const END: Buffer = Buffer.alloc(10_240);

/** A whole archive. */
export function archive(...members: readonly MadeMember[]): Buffer {
  return Buffer.concat([...members.map(member), END]);
}
