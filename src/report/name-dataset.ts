import { basename } from "node:path";
import { isHubAddress, parseHubAddress } from "../lib/hub-address.ts";
import { cleanText } from "./clean-text.ts";

/** A dataset's name for people: that of its file or folder, or on the hub `owner/name` with the commit's first digits. */
export function nameDataset(path: string, limit: number): string {
  if (!isHubAddress(path)) return cleanText(basename(path), limit);
  const { repo, revision } = parseHubAddress(path);
  return cleanText(`${repo}${revision === undefined ? "" : `@${revision.slice(0, 12)}`}`, limit);
}
