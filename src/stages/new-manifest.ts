import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config, SelectionOptions } from "../config.ts";
import { packageRoot } from "../lib/package-root.ts";
import { stableJson } from "../lib/stable-json.ts";
import { resolveFormatPrompt } from "../prompts/format-prompt.ts";
import type { Manifest } from "../runs/manifest.ts";
import type { Parts } from "./open-parts.ts";
import { nameMaskedSettings, nameSettings } from "./settings.ts";

/** Winnow's own version. */
export const VERSION: string = (
  JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }
).version;

/** `run.json` at the start of a run, or of a part of it. */
export function newManifest(
  config: Config,
  selection: SelectionOptions,
  parts: Parts,
  before: Manifest | undefined,
): Manifest {
  const { dataset, grader, backend, attention, formatPrompt, maxTokens } = parts;
  const resolved = { model: backend.model.fingerprint, formatPrompt: resolveFormatPrompt(formatPrompt), maxTokens };
  const settings = nameSettings(config, resolved, dataset.fingerprint);
  const where = dataset.origin?.address ?? resolve(config.dataset);
  return {
    version: 1,
    winnow: VERSION,
    config: {
      ...config,
      dataset: where,
      selection: withAbsolutePaths(config.selection),
      ...(config.imageFolder && { imageFolder: resolve(config.imageFolder) }),
    },
    dataset: {
      path: where,
      ...(dataset.origin && { hub: { ...dataset.origin, asked: askedFor(dataset.origin, before) } }),
      format: dataset.format,
      dialect: dataset.dialect,
      fields: { ...dataset.fields },
      rows: dataset.rows,
      fingerprint: dataset.fingerprint,
    },
    model: backend.model,
    prompt: { format: formatPrompt, counterfactual: config.prompt.counterfactual },
    maxTokens,
    settings,
    ...(selection.method === "pism" && {
      masked: selection.masks.map((share) => ({ share, settings: nameMaskedSettings(settings, share) })),
    }),
    grader: { name: grader.name, version: grader.version },
    ...(attention && { attention: attention.name }),
    selection,
    protocol: config.protocol,
    seconds: before !== undefined && stableJson(before.settings) === stableJson(settings) ? before.seconds : {},
    state: "running",
    ...(before?.subset && { subset: before.subset }),
    ...(before?.control && { control: before.control }),
  };
}

/** The address that a run was begun with, also when it goes on by the commit's own. */
function askedFor({ asked, address }: NonNullable<Manifest["dataset"]["hub"]>, before: Manifest | undefined): string {
  const earlier = before?.dataset.hub;
  return asked === address && earlier?.address === address ? earlier.asked : asked;
}

function withAbsolutePaths(selection: Config["selection"]): Config["selection"] {
  const { curves, domains } = selection;
  return {
    ...selection,
    ...(curves !== undefined && { curves: resolve(curves) }),
    ...(domains !== undefined && { domains: resolve(domains) }),
  };
}

/** Settings of rollouts that belong to a run beside its own two arms: masked arms, and earlier checkpoints. */
export function relatedSettings({ masked = [], refresh }: Manifest): string[] {
  const earlier = (refresh?.earlier ?? []).flatMap(({ settings }) => [settings.image, settings.text]);
  return [...masked.map(({ settings }) => settings), ...earlier];
}

/** Whether the samples of two runs are the same: same bytes, same dialect and columns, same image folder, same grader. */
export function readsAlike(a: Manifest, b: Manifest): boolean {
  const key = ({ config, dataset, grader }: Manifest): string =>
    stableJson([dataset.fingerprint, dataset.dialect, dataset.fields, config.imageFolder, grader]);
  return key(a) === key(b);
}
