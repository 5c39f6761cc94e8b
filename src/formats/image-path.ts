import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import type { DatasetFiles, KeptFiles } from "./format.ts";
import { Rejection } from "./rejection.ts";

/** Where image paths are relative to, and the folder they must not leave. Both real paths. */
export interface ImageBase {
  readonly root: string;
  readonly folder: string;
  /** Where the dataset's own folder is links into a store. */
  readonly kept?: KeptFiles;
}

/** Where the images of a dataset's file are. */
export function imageBase({ root, imageFolder, kept }: DatasetFiles, file: string): ImageBase {
  if (imageFolder !== undefined) return { root: imageFolder, folder: imageFolder };
  return { root, folder: path.dirname(file), ...(kept && { kept }) };
}

/** The real path of the folder that was named for images. Throws `WinnowError("usage")` when there is none. */
export async function findImageFolder(named: string): Promise<string> {
  const real = await realpath(named).catch(() => undefined);
  if (real !== undefined && (await stat(real)).isDirectory()) return real;
  throw new WinnowError(
    "usage",
    `${named}: expected a folder of images (\`imageFolder\`); found ${real === undefined ? "nothing there" : "a file"}.`,
  );
}

/** A file within a dataset's folder: its real path, and its size in bytes. */
export interface ImageFile {
  readonly file: string;
  readonly size: number;
}

/**
 * The file that an image path of a row names, symbolic links followed. Nothing is opened.
 * Throws a `Rejection`: `path-outside-dataset` for one that leaves the folder, by `..`, by a
 * link or because it is absolute, `image-remote` for a URL, `image-missing` when there is no
 * such file.
 */
export async function resolveImagePath(name: string, base: ImageBase): Promise<ImageFile> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) {
    throw new Rejection("image-remote", `expected an image file of the dataset; found the URL ${shorten(name)}`);
  }
  const outside = (how: string) =>
    new Rejection(
      "path-outside-dataset",
      `expected an image path within the dataset's folder; found ${shorten(name)}, which ${how}`,
    );
  if (name.includes("\0"))
    throw new Rejection("image-missing", `expected an image path; found one with a NUL character`);
  // An absolute path may lead into the folder by links, as homes on clusters do.
  const target = path.isAbsolute(name) ? await realpath(name).catch(() => name) : path.resolve(base.folder, name);
  if (path.win32.isAbsolute(name) && !path.isAbsolute(name)) throw outside("is absolute");
  if (!isWithin(base.root, target)) throw outside(path.isAbsolute(name) ? "is absolute" : "leaves it");
  await base.kept?.ensure(path.relative(base.root, target).split(path.sep).join("/"));
  let real: string;
  try {
    real = await realpath(target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new Rejection("image-missing", `expected the image file ${shorten(name)}; it cannot be found (${code})`);
  }
  const stored = base.kept !== undefined && isWithin(base.kept.store, real);
  if (!isWithin(base.root, real) && !stored) throw outside("is a link that leaves it");
  const status = await stat(real);
  if (status.isFile()) return { file: real, size: status.size };
  throw new Rejection("image-missing", `expected an image file; ${shorten(name)} is not a file`);
}

function isWithin(root: string, target: string): boolean {
  const relative = path.relative(root, target);
  return relative !== "" && relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function shorten(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
