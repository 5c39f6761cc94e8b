import { expect, test } from "vitest";
import type {
  AttentionRequest,
  AttentionSource,
  ColumnScorer,
  ColumnScoring,
} from "../../src/attention/attention-source.ts";
import { PSI_PRESETS } from "../../src/config.ts";
import type { Attention } from "../../src/records.ts";

/** A scorer that checks the shape of what it is given and remembers it. */
export class CheckingScorer implements ColumnScorer {
  rows = 0;
  responseStart = -1;
  sums: number[] = [];

  addRow(row: Float32Array, heads: number, responseStart: number): void {
    const keys = responseStart + this.rows + 1;
    expect(row).toHaveLength(heads * keys);
    for (let head = 0; head < heads; head++) {
      this.sums.push(row.subarray(head * keys, (head + 1) * keys).reduce((sum, share) => sum + share, 0));
    }
    this.responseStart = responseStart;
    this.rows++;
  }

  finish(): Attention["psi"] {
    return { checked: { logPsi: -this.rows, column: 0 } };
  }
}

/** Scoring by what `newScorer` makes; the presets' option sets for sources that reduce attention themselves. */
export function scoringBy(newScorer: () => ColumnScorer): ColumnScoring {
  return { optionSets: PSI_PRESETS, newScorer };
}

export async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** Measures requests; results and scorers by `sampleId/index`. */
export async function measureAll(
  source: AttentionSource,
  requests: readonly AttentionRequest[],
): Promise<{ found: Map<string, Attention>; scorers: CheckingScorer[] }> {
  const scorers: CheckingScorer[] = [];
  const newScorer = (): CheckingScorer => {
    scorers.push(new CheckingScorer());
    return scorers.at(-1) as CheckingScorer;
  };
  const found = new Map<string, Attention>();
  for await (const one of source.measure(stream(requests), scoringBy(newScorer))) {
    if ("type" in one) throw new Error(one.reason);
    found.set(`${one.sampleId}/${one.index}`, one);
  }
  return { found, scorers };
}

type OpenSource = () => Promise<{ source: AttentionSource; requests: readonly AttentionRequest[] } & AsyncDisposable>;

/** What a source that hands out rows of attention promises. */
export function testAttentionRows(name: string, open: OpenSource): void {
  testAttention(name, open);

  test(`${name} hands out every response row by row, each head's row adding up to 1`, async () => {
    await using opened = await open();
    const { scorers } = await measureAll(opened.source, opened.requests);
    expect(scorers).toHaveLength(opened.requests.length);
    const lengths = opened.requests.map(({ rollout }) => rollout.responseTokens as number).sort((a, b) => a - b);
    expect(scorers.map((scorer) => scorer.rows).sort((a, b) => a - b)).toEqual(lengths);
    for (const scorer of scorers) for (const sum of scorer.sums) expect(sum).toBeCloseTo(1, 4);
  });
}

/** What every attention source promises (src/attention/attention-source.ts). */
export function testAttention(name: string, open: OpenSource): void {
  test(`${name} measures every response once`, async () => {
    await using opened = await open();
    const { found } = await measureAll(opened.source, opened.requests);
    const asked = opened.requests.map(({ rollout }) => `${rollout.sampleId}/${rollout.index}`);
    expect([...found.keys()].sort()).toEqual(asked.sort());
    for (const one of found.values()) {
      for (const { logPsi } of Object.values(one.psi)) expect(logPsi).not.toBeNaN();
    }
  });

  test(`${name} gives shares between 0 and 1, and an entropy no larger than that of equal shares`, async () => {
    await using opened = await open();
    const { found } = await measureAll(opened.source, opened.requests);
    for (const { prompt, rollout } of opened.requests) {
      const one = found.get(`${prompt.sampleId}/${rollout.index}`) as Attention;
      for (const share of [one.imageMass, one.topMass]) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1 + 1e-5);
      }
      expect(one.entropy).toBeGreaterThanOrEqual(0);
      expect(one.entropy).toBeLessThanOrEqual(
        Math.log((rollout.promptTokens as number) + (rollout.responseTokens as number)) + 1e-5,
      );
    }
  });

  test(`${name} gives the same numbers whatever else is asked for`, async () => {
    await using opened = await open();
    const { found } = await measureAll(opened.source, opened.requests);
    expect((await measureAll(opened.source, opened.requests.toReversed())).found).toEqual(found);
    for (const request of opened.requests.slice(0, 5)) {
      const alone = await measureAll(opened.source, [request]);
      for (const [key, one] of alone.found) expect(one).toEqual(found.get(key));
    }
  });

  test(`${name} ends early, without an error, when it is aborted`, async () => {
    await using opened = await open();
    const abort = new AbortController();
    let seen = 0;
    async function* endless(): AsyncGenerator<AttentionRequest> {
      for (;;) yield* opened.requests;
    }
    for await (const _ of opened.source.measure(
      endless(),
      scoringBy(() => new CheckingScorer()),
      abort.signal,
    )) {
      if (++seen === 3) abort.abort();
    }
    expect(seen).toBeGreaterThanOrEqual(3);
  });
}
