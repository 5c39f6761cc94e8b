import { performance } from "node:perf_hooks";
import { resolveSelection } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { resolveFormatPrompt } from "../prompts/format-prompt.ts";
import { openRunDirectory } from "../runs/run-directory.ts";
import { newSelector } from "../selectors/index.ts";
import { openParts } from "../stages/open-parts.ts";
import { type CostPlan, type ProtocolCost, planCost, type Range } from "../stages/plan-cost.ts";
import { SILENT } from "../stages/progress.ts";
import { type Pilot, runPilot } from "../stages/run-pilot.ts";
import { nameSettings } from "../stages/settings.ts";
import type { Command } from "./command.ts";
import { loadConfig } from "./load-config.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";
import { allRunFlags } from "./run-and-report.ts";

export const planCommand: Command = {
  name: "plan",
  description: "What a run would cost, from a pilot of a few samples, before it is run",
  args: {
    target: {
      type: "positional",
      description: "Dataset (file, folder, glob, hf:// address), configuration file, or run directory",
    },
    pilot: { type: "string", valueHint: "n", description: "Samples of the pilot; 32" },
    "tokens-per-second": {
      type: "string",
      valueHint: "n",
      description: "Response tokens a second of all servers together; measured in the pilot when absent",
    },
    gpus: { type: "string", valueHint: "n", description: "GPUs behind the servers; 1" },
    "price-prompt": { type: "string", valueHint: "x", description: "Price of a million prompt tokens" },
    "price-response": { type: "string", valueHint: "x", description: "Price of a million response tokens" },
    "price-gpu-hour": { type: "string", valueHint: "x", description: "Price of a GPU for an hour" },
    "train-rollouts": { type: "string", valueHint: "n", description: "Rollouts per sample and epoch in training; 8" },
    ...allRunFlags,
    out: {
      type: "string",
      valueHint: "dir",
      description: "Run directory that the run will use; keeps the pilot's rollouts",
    },
  },
  examples: [
    "winnow plan examples/figures",
    "winnow plan train.parquet --base-url http://gpu1:8000/v1 --pilot 64 --gpus 8 --price-gpu-hour 2.5",
  ],
  async run(args, signal) {
    const { config, directory } = await loadConfig(args.target as string, args);
    const number = (name: string, otherwise: number): number => readNumber(args, name, otherwise);
    const size = Math.max(2, Math.round(number("pilot", 32)));
    const progress = args.quiet === true ? SILENT : new ProgressBar(process.stderr, () => performance.now());
    await using parts = await openParts({ ...config, attention: "none" }, {}, { progress, signal });
    const sampling = { ...config.sampling, maxTokens: parts.maxTokens };
    await using run = await openRunDirectory(directory, Date.now());
    const formatPrompt = resolveFormatPrompt(parts.formatPrompt);
    const plan = {
      formatPrompt,
      counterfactual: config.prompt.counterfactual,
      sampling,
      settings: nameSettings(
        config,
        { model: parts.backend.model.fingerprint, formatPrompt, maxTokens: parts.maxTokens },
        parts.dataset.fingerprint,
      ),
    };
    const now = (): number => performance.now();
    const m = config.sampling.rollouts;
    const pilot = await runPilot(parts, plan, { run, size, m, progress, now, signal });
    if (pilot.tokens === 0 && args["tokens-per-second"] === undefined) {
      throw new WinnowError(
        "usage",
        "The pilot's rollouts were all there already, and at which rate they came is not known: say --tokens-per-second.",
      );
    }
    const measured = pilot.tokens / Math.max(0.001, pilot.seconds);
    const rates = {
      tokensPerSecond: number("tokens-per-second", measured),
      gpus: number("gpus", 1),
      trainRollouts: number("train-rollouts", 8),
      promptPrice: number("price-prompt", 0),
      responsePrice: number("price-response", 0),
      gpuHourPrice: number("price-gpu-hour", 0),
    };
    const selector = newSelector(resolveSelection(config.selection, config.sampling.seed));
    const cost = planCost(pilot, selector, rates, config.sampling.seed);
    const facts = {
      pilot: pilot.samples.length,
      refused: pilot.refused.length,
      truncated: shareTruncated(pilot),
      seconds: pilot.seconds,
      rateMeasured: args["tokens-per-second"] === undefined,
      trainRollouts: rates.trainRollouts,
    };
    print(args.json === true ? `${JSON.stringify({ ...facts, ...cost }, null, 2)}\n` : render(cost, facts));
  },
};

function readNumber(args: Readonly<Record<string, unknown>>, name: string, otherwise: number): number {
  if (args[name] === undefined) return otherwise;
  const value = Number(args[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new WinnowError("usage", `\`--${name}\` takes a number above 0, found \`${args[name]}\`.`);
}

function shareTruncated({ samples }: Pilot): number {
  const rollouts = samples.flatMap(({ arms }) => [...arms.image, ...arms.text]);
  return rollouts.filter((rollout) => rollout.truncated).length / rollouts.length;
}

function render(
  cost: CostPlan,
  facts: { pilot: number; refused: number; truncated: number; rateMeasured: boolean; trainRollouts: number },
): string {
  const show = ({ mean, low, high }: Range, digits = 3): string =>
    `${toText(mean, digits)} (${toText(low, digits)} – ${toText(high, digits)})`;
  const row = (name: string, of: (protocol: ProtocolCost) => Range | undefined): string[] => {
    const [lazy, full] = [of(cost.lazy), of(cost.full)];
    return lazy && full ? [`  ${name.padEnd(17)}${show(lazy).padEnd(36)}${show(full)}`] : [];
  };
  const rate = `${toText(cost.tokensPerSecond, 3)} response tokens/s${facts.rateMeasured ? ", measured in the pilot: a busy server does more" : ""}`;
  return [
    `  ${cost.samples.toLocaleString("en-US")} samples, estimated from ${facts.pilot} drawn at random; 90 % intervals`,
    "",
    `  ${"".padEnd(17)}${"lazy".padEnd(36)}full`,
    ...row("requests", (protocol) => protocol.requests),
    ...row("rollouts", (protocol) => protocol.rollouts),
    ...row("prompt tokens", (protocol) => protocol.promptTokens),
    ...row("response tokens", (protocol) => protocol.responseTokens),
    ...row("GPU-hours", (protocol) => protocol.gpuHours),
    ...row("money", (protocol) => protocol.money),
    "",
    `  rate        ${rate}`,
    `  selected    ${show({ mean: cost.selected.mean * 100, low: cost.selected.low * 100, high: cost.selected.high * 100 })} % of the samples, ACE aside`,
    `  break-even  after ${show(cost.breakEvenEpochs)} epochs of training with ${facts.trainRollouts} rollouts a sample (lazy, sampled tokens alone)`,
    `  pilot       ${facts.refused} refused; ${toText(facts.truncated * 100, 3)} % of the responses cut off at the token limit`,
    "",
  ].join("\n");
}

function toText(value: number, digits: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}
