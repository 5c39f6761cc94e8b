import { copyFile, mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { type ImageBase, resolveImagePath } from "./image-path.ts";
import { listImages } from "./load-image.ts";
import { Rejection } from "./rejection.ts";

/** Copies what a subset's rows refer to; each file once. */
export interface ImageCopier {
  /** Copies the files that the value of an images column names by path; unusable ones are left out. */
  copy(images: unknown, base: ImageBase): Promise<void>;
  /** Copied so far, relative to the target folder. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** Copies to the same place under `target` that an image has under the dataset's root, links as files. */
export function createImageCopier(target: string): ImageCopier {
  const copied = new Set<string>();
  let bytes = 0;
  return {
    get files() {
      return [...copied];
    },
    get bytes() {
      return bytes;
    },
    async copy(images, base) {
      for (const name of pathsOf(images)) {
        // An absolute path in a row stays what it is, so a copy would not be found through it.
        if (path.isAbsolute(name)) continue;
        const relative = path.relative(base.root, path.resolve(base.folder, name));
        if (copied.has(relative)) continue;
        const source = await resolveImagePath(name, base).catch(ignoreRejection);
        if (source === undefined) continue;
        const destination = path.join(target, relative);
        await makeFolders(name, path.join(target, path.relative(base.root, base.folder)));
        await copyFile(source.file, `${destination}.partial`);
        await rename(`${destination}.partial`, destination);
        bytes += source.size;
        copied.add(relative);
      }
    },
  };
}

function pathsOf(images: unknown): readonly string[] {
  try {
    return listImages(images).flatMap((source) => ("path" in source ? [source.path] : []));
  } catch (error) {
    return ignoreRejection(error) ?? [];
  }
}

function ignoreRejection(error: unknown): undefined {
  if (error instanceof Rejection) return undefined;
  throw error;
}

/** Every folder that `name` passes through, so that `a/../b.png` can be followed in the copy too. */
async function makeFolders(name: string, folder: string): Promise<void> {
  let at = folder;
  await mkdir(at, { recursive: true });
  for (const segment of path.dirname(name).split("/")) {
    at = path.join(at, segment);
    await mkdir(at, { recursive: true });
  }
}
