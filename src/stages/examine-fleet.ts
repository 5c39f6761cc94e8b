import { findModel, listModels, readApiKey } from "../backends/index.ts";
import type { Config } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../lib/clock.ts";

/** What `doctor` finds at one server's address. */
export interface ServerExamination {
  readonly url: string;
  /** Names of the models it serves, or the one that was asked for; absent when it did not say. */
  readonly models?: readonly string[];
  /** Why not. */
  readonly trouble?: string;
}

/** Milliseconds a server may take to list its models. */
const TIMEOUT = 10_000;

/** Asks every server of a configuration which models it serves, or whether it serves the one that is named. */
export async function examineFleet(
  config: Pick<Config, "openai" | "model">,
  options: { readonly fetch?: typeof fetch; readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<readonly ServerExamination[]> {
  const { fetch: send = fetch, clock = SYSTEM_CLOCK, signal } = options;
  const key = await readApiKey(config.openai.keyFile);
  const examine = async (url: string): Promise<ServerExamination> => {
    try {
      const asking = { fetch: send, clock, timeout: TIMEOUT, ...(key && { key }), ...(signal && { signal }) };
      const listed = await listModels(url, asking);
      const found = config.model === undefined ? listed : await findModel(url, listed, config.model, asking);
      if ("type" in found) return { url, trouble: found.reason };
      return { url, models: [found].flat().map((model) => model.id) };
    } catch (error) {
      if (error instanceof WinnowError) return { url, trouble: error.message };
      throw error;
    }
  };
  return await Promise.all((config.openai.baseUrls ?? []).map((url) => examine(url.replace(/\/+$/, ""))));
}
