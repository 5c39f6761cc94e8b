import { listModels, readApiKey } from "../backends/index.ts";
import type { Config } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../lib/clock.ts";

/** What `doctor` finds at one server's address. */
export interface ServerExamination {
  readonly url: string;
  /** Names of the models it serves; absent when it did not say. */
  readonly models?: readonly string[];
  /** Why not. */
  readonly trouble?: string;
}

/** Milliseconds a server may take to list its models. */
const TIMEOUT = 10_000;

/** Asks every server of a configuration which models it serves; no response is sampled. */
export async function examineFleet(
  config: Pick<Config, "openai">,
  options: { readonly fetch?: typeof fetch; readonly clock?: Clock; readonly signal?: AbortSignal } = {},
): Promise<readonly ServerExamination[]> {
  const { fetch: send = fetch, clock = SYSTEM_CLOCK, signal } = options;
  const key = await readApiKey(config.openai.keyFile);
  const examine = async (url: string): Promise<ServerExamination> => {
    try {
      const asking = { fetch: send, clock, timeout: TIMEOUT, ...(key && { key }), ...(signal && { signal }) };
      const listed = await listModels(url, asking);
      return "type" in listed ? { url, trouble: listed.reason } : { url, models: listed.map((model) => model.id) };
    } catch (error) {
      if (error instanceof WinnowError) return { url, trouble: error.message };
      throw error;
    }
  };
  return await Promise.all((config.openai.baseUrls ?? []).map((url) => examine(url.replace(/\/+$/, ""))));
}
