import { basename, isAbsolute } from "node:path";
import { stringify } from "yaml";
import type { HubProvenance } from "../runs/manifest.ts";
import { BIBTEX, describeMethod } from "./describe-method.ts";
import { count, percent } from "./format-quantity.ts";
import { gateSteps } from "./gate-steps.ts";
import { nameDataset } from "./name-dataset.ts";
import { nameModel } from "./name-model.ts";
import { quoteMarkdown } from "./quote-markdown.ts";
import type { RunSummary } from "./summarise-run.ts";

/** A configuration of the published dataset: what `load_dataset(repo, name)` gives. */
export interface CardEntry {
  readonly name: string;
  /** Patterns of the files of its one split. */
  readonly patterns: readonly string[];
  /** How its files are read, beside what `datasets` guesses. */
  readonly reading?: Readonly<Record<string, string>>;
}

/** What a card says beside the numbers of the run. */
export interface CardOptions {
  /** `owner/name` that the dataset is published as. */
  readonly repo: string;
  /** Name of every configuration's one split. */
  readonly split: string;
  readonly configs: readonly CardEntry[];
  /** Licence as the hub names it; absent: that of the source, and unknown where that has none. */
  readonly license?: string;
}

/** The tag by which Winnow knows a card of its own. */
export const CARD_TAG = "winnow";
/** Options that RAP does not know. */
const OF_OTHER_METHODS = new Set(["minPass", "maxPass", "similarity", "curves", "domains", "masks"]);
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/**
 * The dataset card (README.md) of a published selection: configurations for `load_dataset`, how it was
 * selected, and where it comes from. No row's text is in it; names from outside are quoted.
 */
export function renderDatasetCard(summary: RunSummary, options: CardOptions): string {
  const sections = [
    heading(summary),
    loading(options),
    selection(summary),
    provenance(summary),
    licence(summary.manifest.dataset.hub, options),
    citation(summary),
  ];
  return `---\n${header(summary, options)}---\n\n${sections.join("\n")}`;
}

function header({ manifest, selected }: RunSummary, { split, configs, license }: CardOptions): string {
  const { hub } = manifest.dataset;
  const data = {
    pretty_name: `${nameSource(manifest.dataset.path)}, selected by Winnow`,
    ...licenseFields(hub, license),
    tags: [CARD_TAG, "data-selection", "multimodal", "reinforcement-learning"],
    size_categories: [sizeCategory(selected)],
    ...(hub && { source_datasets: [hub.repo] }),
    configs: configs.map(({ name, patterns, reading = {} }) => ({
      config_name: name,
      data_files: [{ split, path: patterns }],
      ...reading,
    })),
  };
  // Python's YAML takes some plain words and digits for something else: all texts are quoted.
  return stringify(data, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
}

function heading({ manifest, samples, selected }: RunSummary): string {
  const source = quoteMarkdown(nameSource(manifest.dataset.path));
  return `# ${source}, selected by Winnow

${count(selected)} of ${count(samples)} usable samples (${percent(selected, samples)}) of ${source}, each row as it is there,
selected for training the model ${quoteMarkdown(nameModel(manifest.model.name, 120))}.
`;
}

function loading({ repo, split, configs }: CardOptions): string {
  const of = (name: string): string => (name === "default" ? "" : `, "${name}"`);
  const lines = configs.map(({ name }) => {
    const variable = name === "default" ? "subset" : name;
    return `${variable} = load_dataset("${repo}"${of(name)}, split="${split}")`;
  });
  return `## Loading

\`\`\`python
from datasets import load_dataset

${lines.join("\n")}
\`\`\`

\`scores.parquet\` has every sample of the source, selected or not, with its scores, counts, interval and the reason
of its decision; \`file\` and \`row\` (counted from 0) say where in the source it stands.${
    configs.some(({ name }) => name === "control")
      ? "\n`control` are as many rows drawn at random, with as many of each kind of answer, to compare with."
      : ""
  }${
    configs.some(({ name }) => name === "scores")
      ? ""
      : `\n\n    scores = load_dataset("parquet", data_files="hf://datasets/${repo}/scores.parquet", split="train")`
  }
`;
}

function selection(summary: RunSummary): string {
  const { samples, ungradable, selected, manifest } = summary;
  const steps: readonly (readonly [string, number])[] = [
    ["usable samples", samples],
    ...(ungradable > 0 ? [["with a ground truth that can be graded", samples - ungradable] as const] : []),
    ...gateSteps(summary),
    ["selected", selected],
  ];
  const rows = steps.map(([label, value]) => [quoteMarkdown(label), count(value), percent(value, samples)]);
  const options = Object.entries(manifest.selection)
    .filter(([name]) => manifest.selection.method !== "rap" || !OF_OTHER_METHODS.has(name))
    .map(([name, value]) => [name, `\`${showOption(value)}\``]);
  return `## How it was selected

${quoteMarkdown(describeMethod(summary), 5000)}

${table(["step", "samples", "share"], rows)}

${table(["option", "value"], options)}
`;
}

function provenance({ manifest }: RunSummary): string {
  const { dataset, model, grader, winnow, config, attention } = manifest;
  const { hub } = dataset;
  const { rollouts, temperature, topP, topK, seed } = config.sampling;
  const rows = [
    [
      "dataset",
      hub ? `${quoteMarkdown(hub.repo)} at commit \`${hub.commit}\`` : quoteMarkdown(nameSource(dataset.path)),
    ],
    ...(hub?.config !== undefined ? [["configuration", quoteMarkdown(hub.config)]] : []),
    ...(hub?.split !== undefined ? [["split", quoteMarkdown(hub.split)]] : []),
    ["dataset fingerprint", `\`${dataset.fingerprint}\``],
    ["model", quoteMarkdown(nameModel(model.name, 120))],
    ["model fingerprint", quoteMarkdown(model.fingerprint)],
    ["sampling", `M = ${rollouts}, temperature ${temperature}, top-p ${topP}, top-k ${topK}, seed ${seed}`],
    ["response tokens at most", count(manifest.maxTokens)],
    ["grader", quoteMarkdown(`${grader.name} ${grader.version}`)],
    ["attention", quoteMarkdown(attention ?? "not read")],
    ["Winnow", quoteMarkdown(winnow)],
  ];
  return `## Where it comes from\n\n${table(["", ""], rows)}\n`;
}

function licence(hub: HubProvenance | undefined, { license }: CardOptions): string {
  const known = license ?? (hub?.license === undefined ? undefined : describeLicense(hub.license));
  const from = license === undefined ? ", as the card of the source has it" : "";
  return `## Licence\n\n${
    known === undefined
      ? "Not known: the source does not say under which licence it may be used. Ask before you pass it on."
      : `${quoteMarkdown(known)}${from}.`
  }\n`;
}

function citation({ method, manifest }: RunSummary): string {
  const source = manifest.dataset.hub ? "The source's own citation is on its card. " : "";
  if (method !== "rap") return `## Citation\n\n${source}The method is \`${method}\` of Winnow.\n`;
  return `## Citation\n\n${source}For the selection:\n\n\`\`\`bibtex\n${BIBTEX}\n\`\`\`\n`;
}

function licenseFields(hub: HubProvenance | undefined, given: string | undefined): Record<string, unknown> {
  if (given !== undefined || hub?.license === undefined) return { license: given ?? "unknown" };
  const { ids, name, link } = hub.license;
  return {
    license: ids.length === 1 ? ids[0] : ids,
    ...(name !== undefined && { license_name: name }),
    // A link to a file would lead nowhere from here.
    ...(link !== undefined && /^https:\/\//.test(link) && { license_link: link }),
  };
}

function describeLicense({ ids, name }: NonNullable<HubProvenance["license"]>): string {
  return `${ids.join(", ")}${name === undefined ? "" : ` (${name})`}`;
}

/** The name of the source without its commit, which the card has in full elsewhere. */
function nameSource(path: string): string {
  return nameDataset(path, 120).replace(/@[0-9a-f]{12}$/, "");
}

function sizeCategory(rows: number): string {
  const name = (value: number): string =>
    value >= 1e9 ? `${value / 1e9}B` : value >= 1e6 ? `${value / 1e6}M` : `${value / 1e3}K`;
  const above = SIZES.findIndex((size) => rows < size);
  if (above === 0) return "n<1K";
  if (above === -1) return "n>1B";
  return `${name(SIZES[above - 1] as number)}<n<${name(SIZES[above] as number)}`;
}

/** An option's value; of a path on somebody's machine the last part. */
function showOption(value: unknown): string {
  const shown = typeof value === "string" && isAbsolute(value) ? basename(value) : value;
  return (typeof shown === "string" ? shown : JSON.stringify(shown)).replace(/[`|\r\n]/g, " ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
