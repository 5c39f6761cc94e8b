import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { WinnowError } from "../errors.ts";

/** What the environment says of the Hugging Face hub, by the variables its own tools read. */
export interface HubSettings {
  /** `HF_ENDPOINT`, without a slash at its end. */
  readonly endpoint: string;
  /** `HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`: shared with Hugging Face's own tools. */
  readonly cache: string;
  /** `HF_HUB_OFFLINE`: only what is in the cache. */
  readonly offline: boolean;
  /** Kept in memory alone, and sent to the endpoint alone. */
  readonly token?: string;
  /** Where the token is from, for messages. */
  readonly tokenFrom?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings. Throws `WinnowError("usage")` when the endpoint is no address or the token no token. */
export async function readHubSettings(environment: Environment = process.env): Promise<HubSettings> {
  const cacheHome = environment.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  const home = expand(environment.HF_HOME || path.join(cacheHome, "huggingface"));
  const cache = expand(environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE || path.join(home, "hub"));
  return {
    endpoint: readEndpoint(environment.HF_ENDPOINT || "https://huggingface.co"),
    cache: path.resolve(cache),
    offline: isOn(environment.HF_HUB_OFFLINE),
    ...(await readToken(environment, home)),
  };
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password + url.search === "";
  if (plain) return text.replace(/\/+$/, "");
  throw new WinnowError("usage", "`HF_ENDPOINT` has to be the address of a hub, such as https://huggingface.co.");
}

async function readToken(
  environment: Environment,
  home: string,
): Promise<Pick<HubSettings, "token" | "tokenFrom"> | undefined> {
  if (isOn(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const token = environment[name]?.trim();
    if (token) return checkToken(token, name);
  }
  const file = expand(environment.HF_TOKEN_PATH || path.join(home, "token"));
  const token = await readFile(file, "utf8").catch(() => "");
  return token.trim() === "" ? undefined : checkToken(token.trim(), file);
}

function checkToken(token: string, tokenFrom: string): { readonly token: string; readonly tokenFrom: string } {
  if (/^[\x21-\x7e]+$/.test(token)) return { token, tokenFrom };
  throw new WinnowError("usage", `${tokenFrom} has to hold one token of the Hugging Face hub and nothing else.`);
}

function isOn(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? "");
}

function expand(folder: string): string {
  return folder.replace(/^~(?=$|\/)/, homedir());
}
