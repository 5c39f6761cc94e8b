import { WinnowError } from "../errors.ts";
import { readImageHeader } from "../lib/read-image-header.ts";
import type { Prompt, PromptPart } from "../records.ts";

/** An image that cannot be made smaller: it cannot be decoded here. */
export class UnfitImage extends WinnowError {}

/**
 * The prompt with every image of more than `maxPixels` pixels scaled down to them; everything
 * else, and the prompt itself when nothing is larger or there is no limit, as it is. Throws
 * `UnfitImage`.
 */
export async function fitPrompt(prompt: Prompt, maxPixels: number | undefined): Promise<Prompt> {
  if (maxPixels === undefined) return prompt;
  const parts = await Promise.all(prompt.parts.map((part) => fitPart(part, maxPixels, prompt.sampleId)));
  return parts.every((part, at) => part === prompt.parts[at]) ? prompt : { ...prompt, parts };
}

async function fitPart(part: PromptPart, maxPixels: number, sampleId: string): Promise<PromptPart> {
  if (part.type === "text") return part;
  const header = readImageHeader(part.bytes);
  if (header === undefined || header.width * header.height <= maxPixels) return part;
  const { width, height } = fitSize(header, maxPixels);
  const { default: sharp } = await import("sharp");
  // As stored: pixels are not turned, and the tag that says how they are to be turned stays.
  const smaller = sharp(part.bytes).resize(width, height, { fit: "fill" }).keepExif();
  const encoders: Readonly<Record<string, () => typeof smaller>> = {
    "image/jpeg": () => smaller.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
    "image/webp": () => smaller.webp({ quality: 95 }),
  };
  try {
    return { type: "image", bytes: await (encoders[header.mediaType] ?? (() => smaller.png()))().toBuffer() };
  } catch (cause) {
    throw new UnfitImage(
      "input",
      `An image of sample ${sampleId} (${header.mediaType}, ${header.width} × ${header.height}) has more than ${maxPixels} ` +
        `pixels and cannot be scaled down (${(cause as Error).message.split("\n")[0]}); convert it, or leave out the limit.`,
      { cause },
    );
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest size of the same aspect, in whole pixels, with at most `maxPixels` ≥ 1 of them; no side is 0. */
function fitSize({ width, height }: Size, maxPixels: number): Size {
  const scale = Math.sqrt(maxPixels / (width * height));
  const size = { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
  // A strip of one pixel's width could still be too long.
  if (size.width === 1) size.height = Math.min(size.height, maxPixels);
  if (size.height === 1) size.width = Math.min(size.width, maxPixels);
  return size;
}
