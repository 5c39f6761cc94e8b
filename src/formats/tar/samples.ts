import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import { MemberGrouper } from "./group-members.ts";
import { MalformedTar } from "./malformed.ts";
import { readMembers } from "./read-members.ts";
import type { TarSample } from "./read-sample.ts";

/** Bytes of a sample's members at most, since they are held together. */
const MAX_SAMPLE_BYTES = 2 ** 28;

/** The samples of a tar in order. Throws `MalformedTar`. */
export async function* readSamples(chunks: AsyncIterable<Buffer>): AsyncGenerator<TarSample> {
  const grouper = new MemberGrouper();
  let sample: TarSample | undefined;
  let held = 0;
  for await (const part of readMembers(chunks)) {
    const place = part.type === "member" ? grouper.place(part.member) : undefined;
    if (place === undefined || part.type === "end") continue;
    if (sample !== undefined && sample.index !== place.sample) {
      yield sample;
      sample = undefined;
      held = 0;
    }
    const { key, suffix } = place;
    const { name, kind, content } = part.member;
    held += content.length;
    if (held > MAX_SAMPLE_BYTES) {
      throw new MalformedTar(`expected samples of at most 256 MiB; ${JSON.stringify(key)} is larger`);
    }
    const members = [...(sample?.members ?? []), { name, kind, content, suffix }];
    sample = { index: place.sample, key, members };
  }
  if (sample !== undefined) yield sample;
}

/** Writes a tar with the members of the selected samples, and those of none, headers and padding included. */
export async function copySamples(
  chunks: AsyncIterable<Buffer>,
  selected: ReadonlySet<number>,
  sink: TemporaryFile,
): Promise<void> {
  const grouper = new MemberGrouper();
  for await (const part of readMembers(chunks)) {
    if (part.type === "end") {
      await sink.write(part.bytes);
      continue;
    }
    const place = grouper.place(part.member);
    if (place !== undefined && !selected.has(place.sample)) continue;
    for (const bytes of part.member.raw) await sink.write(bytes);
  }
}
