import { onTestFinished } from "vitest";
import type { FetchOptions } from "../../src/hub/fetch-dataset.ts";
import { readHubSettings } from "../../src/hub/settings.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { newVirtualClock } from "../virtual-clock.ts";
import { type HubServer, startHub } from "./hub-server.ts";

/** A hub, a cache of the test's own, and the options by which datasets come from the one into the other. */
export interface OpenedHub {
  readonly hub: HubServer;
  readonly cache: string;
  readonly options: FetchOptions;
}

/** Starts a hub; `environment` on top of its own address and the cache's. */
export async function openHub(environment: Readonly<Record<string, string>> = {}): Promise<OpenedHub> {
  const hub = await startHub();
  onTestFinished(() => hub.close());
  const cache = await temporaryFolder();
  const options = await optionsFor({ HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HOME: cache, ...environment });
  return { hub, cache, options };
}

/** Options that read JSON lines and Parquet, and wait in no time. */
export async function optionsFor(environment: Readonly<Record<string, string>>): Promise<FetchOptions> {
  return {
    settings: await readHubSettings(environment),
    timing: { clock: newVirtualClock(), random: () => 0.5 },
    isReadable: (path) => /\.(jsonl|parquet)$/.test(path),
    wantsImages: () => false,
  };
}

/** What the requests with this in their address asked for, and how many bytes of a body each was sent. */
export function requestsFor(hub: HubServer, part: string): readonly (readonly [string | undefined, number])[] {
  return hub.seen.filter(({ url }) => url.includes(part)).map(({ range, sent }) => [range, sent]);
}
