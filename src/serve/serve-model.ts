import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { openOnnxBackend } from "../backends/index.ts";
import { WinnowError } from "../errors.ts";
import { newServer } from "./new-server.ts";

/** A running server. */
export interface ServedModelHandle extends AsyncDisposable {
  /** Base address up to and including `/v1`. */
  readonly url: string;
  readonly model: string;
}

/**
 * Serves an embedded model's OpenAI-compatible API on loopback; port 0 takes a free one. Throws
 * what `openOnnxBackend` throws, and `WinnowError("usage")` for a port that is taken.
 */
export async function serveModel(options: {
  readonly model: string;
  readonly port: number;
  readonly now?: () => number;
  readonly random?: () => number;
}): Promise<ServedModelHandle> {
  const { now = Date.now, random = Math.random } = options;
  const nameStream = (_seed: number, _request: unknown, index: number): string => `seed ${index}`;
  const backend = await openOnnxBackend({ model: options.model, nameStream });
  const { app, close } = newServer({ backend, now, seed: () => Math.floor(random() * 2 ** 31) });
  const hostname = "127.0.0.1";
  try {
    const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
      const opened = serve({ fetch: app.fetch, port: options.port, hostname }, () => resolve(opened));
      opened.once("error", reject);
    });
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://${hostname}:${port}/v1`,
      model: backend.model.name,
      async [Symbol.asyncDispose]() {
        if ("closeAllConnections" in server) server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        close();
        await backend[Symbol.asyncDispose]();
      },
    };
  } catch (cause) {
    await backend[Symbol.asyncDispose]();
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new WinnowError(
      "usage",
      `Port ${options.port} cannot be served on (${reason}); choose another with --port.`,
      {
        cause,
      },
    );
  }
}
