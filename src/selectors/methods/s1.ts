import { hashText } from "../../lib/hash-text.ts";
import { randomStream } from "../../lib/random-stream.ts";
import { remember } from "../../lib/remember.ts";
import type { Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";
import { describePassRate } from "./pass-rate-band.ts";

/** Hex digits of the hash that stands for a random number. */
const DIGITS = 13;

/**
 * s1: the samples the model mostly fails, from all domains alike, long responses preferred.
 *
 *     admitted:  c₁ / M < maxPass
 *     the line:  a domain uniformly at random, then one of its samples with weight 2^(−rank),
 *                rank by mean response length, the longest first; again, without replacement
 *
 * Never-solved samples are among them, as in s1K, although they give GRPO no gradient. Source: s1,
 * arXiv 2501.19393; what is ours is on docs/selectors/s1.md.
 */
export function newS1({ tieOrder, options }: Rules): Method {
  const isFailed = ({ image, m }: Evidence): boolean => image.correct / m < options.maxPass;
  const domainOf = ({ traits }: Evidence): string => traits?.domain ?? "unknown";
  const lengthOf = ({ traits }: Evidence): number => traits?.responseTokens ?? 0;

  return {
    arms: ["image"],
    traits: ["responses", "domain"],
    size: "rap",
    lineUp: (evidence) => {
      const domains = new Map<string, number[]>();
      for (const [i, one] of evidence.entries()) {
        if (isFailed(one)) remember(domains, domainOf(one), () => []).push(i);
      }
      const queues = [...domains]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, places]) => {
          const byLength = [...tieOrder(places, (i) => evidence[i]!.sampleId, [(i) => lengthOf(evidence[i]!)])];
          return drawWithFallingWeights(byLength, (i) => `${options.seed} s1 ${evidence[i]!.sampleId}`);
        });
      return {
        places: takeFromRandomQueues(queues, randomStream(`s1 ${options.seed}`)),
        describe: (i) => {
          const one = evidence[i]!;
          const failed = isFailed(one) ? "mostly failed" : `a pass rate of at least ${options.maxPass}`;
          return `${describePassRate(one)}: ${failed}; ${lengthOf(one).toFixed(1)} tokens on average, domain ${domainOf(one)}`;
        },
      };
    },
  };
}

/**
 * Draws all places without replacement, the one of rank r (0, 1, …) with weight 2^(−r): the order of
 * independent exponential waiting times, in log so that no weight vanishes.
 *
 *     ln( −ln u ) + r · ln 2,   u in (0, 1) from the place's name
 */
function drawWithFallingWeights(places: readonly number[], name: (place: number) => string): number[] {
  const waits = places.map((place, rank) => {
    const u = (Number.parseInt(hashText(name(place), DIGITS), 16) + 0.5) / 16 ** DIGITS;
    return { place, wait: Math.log(-Math.log(u)) + rank * Math.LN2 };
  });
  return waits.sort((a, b) => a.wait - b.wait).map(({ place }) => place);
}

/** Takes the first of a queue drawn uniformly from those left, until all are empty. */
function takeFromRandomQueues(queues: readonly (readonly number[])[], random: () => number): number[] {
  const left = queues.map((queue) => ({ queue, next: 0 })).filter(({ queue }) => queue.length > 0);
  const taken: number[] = [];
  while (left.length > 0) {
    const drawn = Math.floor(random() * left.length);
    const from = left[drawn]!;
    taken.push(from.queue[from.next]!);
    from.next += 1;
    if (from.next === from.queue.length) left.splice(drawn, 1);
  }
  return taken;
}
