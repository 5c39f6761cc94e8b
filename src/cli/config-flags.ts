import type { ArgsDef } from "citty";
import type { ConfigFlag } from "./config-flag.ts";

/** Flags that every command with a dataset takes. */
export const DATASET_FLAGS: Readonly<Record<string, ConfigFlag>> = {
  format: {
    key: "format",
    type: "text",
    hint: "name",
    description: "Dataset format: parquet, jsonl, json, csv, tsv, imagefolder or webdataset; detected",
  },
  dialect: {
    key: "dialect",
    type: "text",
    hint: "name",
    description: "How its rows are laid out: verl, plain, …; detected",
  },
  split: {
    key: "hf.split",
    type: "text",
    hint: "name",
    description: "Split of an hf:// dataset; asked for where it has several",
  },
  "hf-config": {
    key: "hf.config",
    type: "text",
    hint: "name",
    description: "Configuration of an hf:// dataset; asked for where it has several and no default",
  },
  "image-folder": {
    key: "imageFolder",
    type: "text",
    hint: "dir",
    description: "Folder that image paths are relative to; each data file's own when absent",
  },
  question: { key: "fields.question", type: "text", hint: "column", description: "Column of the question; detected" },
  answer: { key: "fields.answer", type: "text", hint: "column", description: "Column of the ground truth; detected" },
  images: { key: "fields.images", type: "text", hint: "column", description: "Column of the image(s); detected" },
  id: { key: "fields.id", type: "text", hint: "column", description: "Column of the row's own id; detected" },
  choices: { key: "fields.choices", type: "text", hint: "column", description: "Column of the options; detected" },
  "max-rejected": {
    key: "maxRejected",
    type: "number-or-text",
    hint: "share",
    description: "Share of unusable rows at which the run fails, e.g. 0.2 or 20% (the default)",
  },
};

/** Flags that decide what is rolled out, and how. */
export const ROLLOUT_FLAGS: Readonly<Record<string, ConfigFlag>> = {
  model: {
    key: "model",
    type: "text",
    hint: "dir|name",
    description: "Model directory, the nano model when absent; or the name servers give the model",
  },
  backend: {
    key: "backend",
    type: "text",
    hint: "name",
    description: "onnx (default), openai: servers, taken from --base-url; or imported: logs alone",
  },
  "base-url": {
    key: "openai.baseUrls",
    type: "text",
    hint: "url,…",
    description: "OpenAI-compatible server(s), up to /v1; repeatable; their key: WINNOW_API_KEY",
  },
  "key-file": { key: "openai.keyFile", type: "text", hint: "path", description: "File that holds the servers' key" },
  "request-timeout": {
    key: "openai.timeout",
    type: "number",
    hint: "s",
    description: "Seconds one request may take; 600",
  },
  concurrency: {
    key: "openai.concurrency",
    type: "number",
    hint: "n",
    description: "Requests in flight per server at most; 256",
  },
  patience: {
    key: "openai.patience",
    type: "number",
    hint: "s",
    description: "Seconds without any success after which the run stops; 600",
  },
  "max-pixels": {
    key: "openai.maxPixels",
    type: "number",
    hint: "n",
    description: "Pixels of an image at most; larger ones are scaled down before they are sent to servers",
  },
  "local-images": {
    key: "openai.localImages",
    type: "boolean",
    hint: "",
    description: "The servers read image files under the same paths: send file:// addresses",
  },
  "extra-body": {
    key: "openai.extraBody",
    type: "text",
    hint: "json",
    description: "Fields on top of every request, as JSON; null takes one out",
  },
  prompt: {
    key: "prompt.format",
    type: "text",
    hint: "text",
    description: "What follows the question: think-boxed, none, or a text; the model's own default when absent",
  },
  counterfactual: {
    key: "prompt.counterfactual",
    type: "text",
    hint: "kind",
    description: "The text arm's image: drop (default), blank, noise or mismatch",
  },
  rollouts: { key: "sampling.rollouts", type: "number", hint: "m", description: "M, rollouts per arm; 5" },
  temperature: { key: "sampling.temperature", type: "number", hint: "t", description: "Sampling temperature; 1" },
  "top-p": { key: "sampling.topP", type: "number", hint: "p", description: "Nucleus size in (0, 1]; 1" },
  "top-k": { key: "sampling.topK", type: "number", hint: "k", description: "Keep the k likeliest tokens; 0 keeps all" },
  "max-tokens": { key: "sampling.maxTokens", type: "number", hint: "n", description: "Response tokens at most" },
  seed: { key: "sampling.seed", type: "number", hint: "n", description: "Seed of every random choice; 0" },
  protocol: {
    key: "protocol",
    type: "text",
    hint: "name",
    description: "lazy (default): only rollouts that can matter; full: all of them",
  },
  attention: {
    key: "attention",
    type: "text",
    hint: "source",
    description: "onnx (default), worker, files, or none: ACE does not run",
  },
  "attention-urls": {
    key: "attentionUrls",
    type: "text",
    hint: "url,…",
    description: "Addresses of winnow-attention workers; their key: WINNOW_ATTENTION_API_KEY",
  },
  "attention-file": {
    key: "attentionFile",
    type: "text",
    hint: "path",
    description: "Parquet file, or glob, of attention measured elsewhere",
  },
};

/** Flags that decide how a response is graded. */
export const GRADING_FLAGS: Readonly<Record<string, ConfigFlag>> = {
  policy: {
    key: "grading.policy",
    type: "text",
    hint: "name=value,…",
    description: "Grading policies, such as decimalPlaces=4,unitOptional=false",
  },
  reward: {
    key: "grading.reward",
    type: "text",
    hint: "path|url",
    description: "A reward of your own instead of the rules",
  },
  judge: {
    key: "grading.judge",
    type: "text",
    hint: "url",
    description: "OpenAI-compatible server for ground truths no rule can grade; its key: WINNOW_JUDGE_API_KEY",
  },
  "correct-iff": {
    key: "grading.correctIff",
    type: "text",
    hint: "rule",
    description: "Imported rollouts are right by their logged score alone, e.g. 'reward >= 1'",
  },
  "judge-model": { key: "grading.judgeModel", type: "text", hint: "name", description: "Model of the judge" },
};

/** Flags that decide what is selected. */
export const SELECTION_FLAGS: Readonly<Record<string, ConfigFlag>> = {
  method: {
    key: "selection.method",
    type: "text",
    hint: "name",
    description:
      "rap (default), full, random, pass-rate-band, variance-first, limr, s1, limo, rap-released, pism or winnow",
  },
  without: {
    key: "selection.without",
    type: "text",
    hint: "part,…",
    description: "Leave out parts of RAP: cde, ace, drm",
  },
  preset: { key: "selection.preset", type: "text", hint: "name", description: "paper (default) or robust" },
  gate: { key: "selection.gate", type: "text", hint: "name", description: "CDE's rule: difference or posterior" },
  "lambda-c": { key: "selection.lambdaC", type: "number", hint: "x", description: "CDE keeps D > λ_c; 0.5" },
  "lambda-a": {
    key: "selection.lambdaA",
    type: "number-or-text",
    hint: "x",
    description: "ACE keeps ψ ≤ λ_a: a number, or a quantile such as q90; 0.1",
  },
  replace: {
    key: "selection.replace",
    type: "number-or-text",
    hint: "n",
    description: "Easy samples to replace: all (default), a number, or a share such as 50%",
  },
  guard: { key: "selection.guard", type: "boolean", hint: "", description: "A replacement must have D > 0" },
  budget: {
    key: "selection.budget",
    type: "number-or-text",
    hint: "n",
    description: "Size of the subset: a number, or a share such as 10%",
  },
  "min-gain": { key: "selection.minGain", type: "number", hint: "x", description: "Gate posterior: the gain; 0.3" },
  confidence: {
    key: "selection.confidence",
    type: "number",
    hint: "p",
    description: "Gate posterior: its probability; 0.8",
  },
  "min-pass": { key: "selection.minPass", type: "number", hint: "p", description: "Pass rates above this; 0" },
  "max-pass": {
    key: "selection.maxPass",
    type: "number",
    hint: "p",
    description: "Pass rates below this; 1, for limo and s1 0.5",
  },
  similarity: {
    key: "selection.similarity",
    type: "number",
    hint: "x",
    description: "Least similarity: limr 0.6, rap-released 0.85",
  },
  curves: {
    key: "selection.curves",
    type: "text",
    hint: "file",
    description: "For limr: JSON lines of id, epoch and reward from a training run",
  },
  domains: {
    key: "selection.domains",
    type: "text",
    hint: "file",
    description: "For s1: JSON lines of id and domain; the kind of the ground truth when absent",
  },
  masks: {
    key: "selection.masks",
    type: "text",
    hint: "share,…",
    description: "For pism: masked shares of the image; 0.3,0.6,0.9",
  },
  sigma: { key: "selection.psi.sigma", type: "number", hint: "x", description: "ACE's σ; 2" },
  heads: { key: "selection.psi.heads", type: "text", hint: "how", description: "ACE's heads: mean or max" },
  "min-span": {
    key: "selection.psi.minSpan",
    type: "number",
    hint: "rows",
    description: "Rows a column needs to count",
  },
  span: { key: "selection.psi.span", type: "text", hint: "how", description: "ACE's span: suffix or window" },
  normalise: { key: "selection.psi.normalise", type: "boolean", hint: "", description: "ψ as a geometric mean" },
  control: {
    key: "control",
    type: "boolean",
    hint: "",
    description: "Write a random subset of equal size and answer kinds to `control/` as well",
  },
  "allow-empty": {
    key: "allowEmpty",
    type: "boolean",
    hint: "",
    description: "Write the subset even when nothing, or everything, is selected",
  },
};

/** Flags that any command takes. */
export const OUTPUT_FLAGS: ArgsDef = {
  json: { type: "boolean", description: "Print one JSON object for machines" },
  quiet: { type: "boolean", description: "Show no progress" },
};
