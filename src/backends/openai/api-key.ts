import { readFile } from "node:fs/promises";
import { WinnowError } from "../../errors.ts";

/**
 * The key of the servers: what the file holds when one is named, else `WINNOW_API_KEY`, else
 * none. It is kept in memory alone; configurations and run directories hold at most the file's name.
 */
export async function readApiKey(
  keyFile: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  if (keyFile === undefined) return environment.WINNOW_API_KEY?.trim() || undefined;
  const text = await readFile(keyFile, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new WinnowError("usage", `The key file ${keyFile} cannot be read (${cause.code}).`, { cause });
  });
  const key = text.trim();
  if (key !== "" && !/\s/.test(key)) return key;
  throw new WinnowError("usage", `The key file ${keyFile} has to hold one key and nothing else.`);
}
