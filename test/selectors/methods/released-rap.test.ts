import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resolveSelection } from "../../../src/config.ts";
import type { ArmCounts, Evidence } from "../../../src/records.ts";
import { newSelector } from "../../../src/selectors/index.ts";

/** Logs and what the authors' script picks from them; there where the project's shared cases are. */
const folder = "../shared/cases/released-rap";
const logs = existsSync(folder)
  ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "image.json")))
  : [];

interface Logged {
  readonly onlyid: string;
  readonly reward: number;
}

function readLog(name: string, file: string): Map<string, readonly number[]> {
  const rewards = new Map<string, number[]>();
  for (const { onlyid, reward } of JSON.parse(readFileSync(join(folder, name, file), "utf8")) as Logged[]) {
    rewards.set(onlyid, [...(rewards.get(onlyid) ?? []), reward]);
  }
  return rewards;
}

/** reward = 0.9 · right + 0.1 · format. */
function readEvidence(name: string): Evidence[] {
  const [image, text] = [readLog(name, "image.json"), readLog(name, "txt.json")];
  const arm = (rewards: readonly number[]): ArmCounts => {
    const correct = rewards.filter((reward) => reward >= 0.9).length;
    return { taken: rewards.length, correct, truncated: 0 };
  };
  const full = (rewards: readonly number[]): number => rewards.filter((reward) => reward === 1).length;
  return [...image].map(([sampleId, rewards]) => ({
    sampleId,
    m: rewards.length,
    image: arm(rewards),
    text: arm(text.get(sampleId) ?? []),
    traits: { formatted: { image: full(rewards), text: full(text.get(sampleId) ?? []) } },
  }));
}

test.skipIf(logs.length > 0)(
  "the authors' logs are not there (../shared/cases/released-rap): nothing to compare",
  ({ skip }) => {
    skip("../shared/cases/released-rap is not there");
  },
);

test.runIf(logs.length > 0).each(logs)(
  "the released script's selection of %s, all but its draw, is ours row by row",
  (name) => {
    const evidence = readEvidence(name);
    const decisions = newSelector(resolveSelection({ method: "rap-released" }, 0)).select(evidence, false);
    const script = new Set(
      (JSON.parse(readFileSync(join(folder, name, "selected-rows.json"), "utf8")) as number[]).map(String),
    );
    const pool = new Set(
      decisions.filter((one) => one.explanation.startsWith("In the pool")).map((one) => one.sampleId),
    );
    const outside = (ids: Iterable<string>): string[] => [...ids].filter((id) => !pool.has(id)).sort();
    const ours = decisions.filter((one) => one.selected).map((one) => one.sampleId);
    expect(outside(ours)).toEqual(outside(script));
    const drawn = (ids: Iterable<string>): number => [...ids].filter((id) => pool.has(id)).length;
    expect(drawn(ours)).toBe(drawn(script));
    expect(drawn(ours)).toBe(Math.floor(pool.size / 10));
    expect(ours.length).toBe(script.size);
  },
);
