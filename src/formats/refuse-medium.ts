import { Rejection } from "./rejection.ts";

const NAMES = {
  video: /\.(mp4|m4v|mov|avi|mkv|webm|mpe?g|wmv|flv)$/i,
  audio: /\.(mp3|wav|flac|ogg|oga|opus|m4a|aac|aiff?)$/i,
} as const;

/** What the first bytes of containers hold, as Latin-1 text from an offset. */
const STARTS = [
  ["audio", 4, "ftypM4A"],
  ["video", 4, "ftyp"],
  ["video", 0, "\x1aE\xdf\xa3"],
  ["video", 8, "AVI "],
  ["video", 0, "FLV\x01"],
  ["video", 0, "\x00\x00\x01\xba"],
  ["audio", 8, "WAVE"],
  ["audio", 0, "ID3"],
  ["audio", 0, "OggS"],
  ["audio", 0, "fLaC"],
  ["audio", 8, "AIFF"],
] as const;
/** Still pictures in the container of MP4. */
const STILL = /^....ftyp(avif|heic|heix|mif1)/s;

/** The medium that a file name ends in, when it is no image. */
export function mediumOfName(name: string): "video" | "audio" | undefined {
  return NAMES.video.test(name) ? "video" : NAMES.audio.test(name) ? "audio" : undefined;
}

/** Throws a `Rejection` (`has-video`, `has-audio`) for a file name that says so; nothing is opened. */
export function refuseMediumByName(name: string): void {
  const medium = mediumOfName(name);
  if (medium !== undefined) throw refuse(medium, JSON.stringify(name.slice(-120)));
}

/** Throws a `Rejection` (`has-video`, `has-audio`) for bytes that start as such containers do. */
export function refuseMediumByBytes(bytes: Uint8Array): void {
  const start = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  const found = STILL.test(start) ? undefined : STARTS.find(([, at, text]) => start.startsWith(text, at));
  if (found !== undefined) throw refuse(found[0], `${bytes.length} bytes of it`);
}

function refuse(medium: string, found: string): Rejection {
  return new Rejection(`has-${medium}`, `expected images alone; found ${medium} (${found})`);
}
