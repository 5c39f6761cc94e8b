import { realpath } from "node:fs/promises";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import type { DatasetFiles, RowSelection } from "./format.ts";

/** A source file and the name it has in `SourceRow` and in a subset: relative to the root, with `/`. */
export interface NamedFile {
  readonly file: string;
  readonly name: string;
}

/** The files of a dataset with their names. */
export function nameFiles({ root, files }: DatasetFiles): readonly NamedFile[] {
  return files.map((file) => ({ file, name: path.relative(root, file).split(path.sep).join("/") }));
}

/**
 * The files a subset consists of: those with selected rows, or the first one, empty, when
 * nothing is selected. Throws `WinnowError("usage")` when the subset would overwrite its source.
 */
export async function planSubset(
  files: readonly NamedFile[],
  selection: RowSelection,
  folder: string,
): Promise<readonly (NamedFile & { readonly target: string; readonly rows: ReadonlySet<number> })[]> {
  const real = await realpath(folder).catch(() => path.resolve(folder));
  const chosen = files.filter(({ name }) => (selection.get(name)?.size ?? 0) > 0);
  const written = chosen.length === 0 ? files.slice(0, 1) : chosen;
  return written.map(({ file, name }) => {
    const target = path.join(real, name);
    if (target === file) {
      throw new WinnowError(
        "usage",
        `${folder}: expected another folder for the subset; found the dataset's own, whose ${name} it would overwrite.`,
      );
    }
    return { file, name, target, rows: selection.get(name) ?? new Set<number>() };
  });
}
