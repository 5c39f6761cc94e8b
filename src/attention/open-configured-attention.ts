import { type Config, pixelLimit } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { AttentionSource } from "./attention-source.ts";
import { openFileAttention } from "./files.ts";
import { limitPixels } from "./limit-pixels.ts";
import { hasAttention, openOnnxAttention } from "./onnx.ts";
import { openWorkerAttention } from "./worker.ts";

/** Where attention comes from, as a configuration or flags say it. */
export interface AttentionChoice {
  readonly attention: "onnx" | "worker" | "files" | "none";
  readonly attentionUrls?: readonly string[] | undefined;
  readonly attentionFile?: string | undefined;
  readonly backend?: Config["backend"];
  readonly openai?: Config["openai"];
}

/**
 * Opens the attention source a configuration names, or `null` when ACE does not run: it was not
 * asked for, or the embedded model has no attention output. `backend` lends its embedded model.
 * The workers' key is taken from WINNOW_ATTENTION_API_KEY and from nowhere else.
 */
export async function openConfiguredAttention(
  choice: AttentionChoice,
  backend: object,
): Promise<AttentionSource | null> {
  const { attention, attentionUrls: urls, attentionFile: file } = choice;
  const maxPixels = pixelLimit({ backend: choice.backend, openai: choice.openai ?? {} });
  requireOnlyWith("worker", "attentionUrls", urls, attention);
  requireOnlyWith("files", "attentionFile", file, attention);
  if (attention === "worker") {
    const key = process.env.WINNOW_ATTENTION_API_KEY;
    const source = await openWorkerAttention({ urls: urls ?? [], ...(key !== undefined && { key }) });
    return maxPixels === undefined ? source : limitPixels(source, maxPixels);
  }
  if (attention === "files") return openFileAttention(file ?? "");
  if (attention === "none" || !hasAttention(backend)) return null;
  return openOnnxAttention(backend);
}

function requireOnlyWith(source: string, key: string, value: unknown, chosen: string): void {
  if ((chosen === source) === (value !== undefined)) return;
  throw new WinnowError(
    "usage",
    value === undefined
      ? `\`attention: ${source}\` needs \`${key}\`; found none.`
      : `\`${key}\` goes with \`attention: ${source}\`; found \`attention: ${chosen}\`.`,
  );
}
