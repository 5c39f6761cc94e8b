import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { WinnowError } from "../errors.ts";
import { packageRoot } from "../lib/package-root.ts";
import { newViewer, type ViewerOptions } from "./new-viewer.ts";
import { RunView } from "./run-view.ts";

/** A viewer that is being served. */
export interface ServedViewer extends AsyncDisposable {
  /** The address to open, with the token. */
  readonly url: string;
}

const HOSTNAME = "127.0.0.1";

/**
 * Serves the viewer of one run, or of two side by side, on loopback; port 0 takes a free one.
 * Throws `WinnowError`s: no run there, the port is taken, the viewer was not built.
 */
export async function serveViewer(options: {
  readonly directories: readonly string[];
  readonly port: number;
  readonly select: ViewerOptions["select"];
  /** Folder of the built viewer; the package's own when absent. */
  readonly assets?: string;
}): Promise<ServedViewer> {
  const assets = options.assets ?? join(packageRoot(), "dist", "viewer");
  if (!existsSync(join(assets, "index.html"))) {
    throw new WinnowError("missing", `${assets} holds no viewer; \`npm run build\` makes it.`);
  }
  const runs: RunView[] = [];
  const close = async (): Promise<void> => {
    for (const run of runs) await run[Symbol.asyncDispose]();
  };
  try {
    for (const directory of options.directories) runs.push(await RunView.open(directory));
    const token = randomBytes(24).toString("base64url");
    let port = 0;
    const app = newViewer({ runs, assets, token, port: () => port, select: options.select });
    const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
      const opened = serve({ fetch: app.fetch, port: options.port, hostname: HOSTNAME }, () => resolve(opened));
      opened.once("error", (cause: NodeJS.ErrnoException) => reject(describePortError(options.port, cause)));
    });
    port = (server.address() as AddressInfo).port;
    // Read ahead while the address is being opened; what goes wrong is said to whoever asks then.
    for (const run of runs) void run.evidence().catch(() => {});
    return {
      url: `http://${HOSTNAME}:${port}/?token=${token}`,
      async [Symbol.asyncDispose]() {
        if ("closeAllConnections" in server) server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function describePortError(port: number, cause: NodeJS.ErrnoException): WinnowError {
  const reason = cause.code ?? cause.message;
  return new WinnowError("usage", `Port ${port} cannot be served on (${reason}); choose another with --port.`, {
    cause,
  });
}
