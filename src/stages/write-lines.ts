import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";

/**
 * Writes JSON lines to a file that appears whole, after those of an earlier one whose `file` is
 * none of `replacing` (all of them go when it is absent). Gives the path, or `null` and no file
 * when there is no line.
 */
export async function writeLines(
  path: string,
  replacing: readonly string[] | undefined,
  produce: (write: (line: object) => Promise<void>) => Promise<void>,
): Promise<string | null> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w");
  let lines = 0;
  const write = async (text: string): Promise<void> => {
    await file.write(`${text}\n`);
    lines += 1;
  };
  try {
    if (replacing !== undefined && existsSync(path)) {
      const old = await open(path);
      for await (const line of old.readLines()) {
        if (line !== "" && !replacing.includes((JSON.parse(line) as { file: string }).file)) await write(line);
      }
    }
    await produce((line) => write(JSON.stringify(line)));
    await file.sync();
  } finally {
    await file.close();
  }
  if (lines > 0) await rename(temporary, path);
  else await Promise.all([rm(temporary, { force: true }), rm(path, { force: true })]);
  return lines > 0 ? path : null;
}
