import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { WinnowError } from "../errors.ts";

interface LockHolder {
  readonly pid: number;
  /** Start time of that process in clock ticks since boot, where the system tells; guards against reused pids. */
  readonly started: string | null;
  readonly host: string;
  readonly token: string;
}

/**
 * Holds a run directory for this process alone until disposed. The lock of a process that is
 * gone (killed, machine restarted) is taken over; that of a living one is an error that names
 * it, as is one taken on another host, whose processes cannot be seen from here.
 */
export async function lockRun(directory: string): Promise<AsyncDisposable> {
  const path = join(directory, "run.lock");
  const mine: LockHolder = {
    pid: process.pid,
    started: await processStart(process.pid),
    host: hostname(),
    token: randomUUID(),
  };
  const own = `${path}.${mine.token}`;
  await writeFile(own, JSON.stringify(mine));
  try {
    while (!(await tryLink(own, path))) await clearStale(path, directory);
  } finally {
    await rm(own, { force: true });
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await readHolder(path))?.token === mine.token) await rm(path, { force: true });
    },
  };
}

/** Whether a living process holds the run directory; one on another host is taken for living. */
export async function isRunHeld(directory: string): Promise<boolean> {
  const holder = await readHolder(join(directory, "run.lock")).catch(() => undefined);
  return holder !== undefined && (holder.host !== hostname() || (await isAlive(holder)));
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function clearStale(path: string, directory: string): Promise<void> {
  const holder = await readHolder(path);
  if (holder === undefined) return;
  if (holder.host !== hostname() || (await isAlive(holder))) {
    throw new WinnowError(
      "run",
      `${directory} is in use by process ${holder.pid} on ${holder.host}: wait for it to end, or choose another --out. ` +
        `If that process is gone, remove ${path}.`,
    );
  }
  const aside = `${path}.stale-${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  // Another process may have taken the lock over between our read and our rename: give it back.
  if ((await readHolder(aside))?.token !== holder.token) await tryLink(aside, path);
  await rm(aside, { force: true });
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as LockHolder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new WinnowError("run", `${path} is not a lock Winnow wrote; remove it if no run is under way.`, {
      cause: error,
    });
  }
}

async function isAlive(holder: LockHolder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return holder.started === null || (await processStart(holder.pid)) === holder.started;
}

/** Field 22 of /proc/PID/stat (Linux), or null where there is no such file. */
async function processStart(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
