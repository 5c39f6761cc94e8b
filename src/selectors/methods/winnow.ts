import { newVisualSignal, type VisualSignal } from "../../estimators/index.ts";
import { remember } from "../../lib/remember.ts";
import type { Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import type { Want } from "../selector.ts";
import { rolloutsToSettle } from "../text-arm.ts";
import type { Method } from "./method.ts";
import { describePassRate } from "./pass-rate-band.ts";

/** How far beyond the size a wave looks, in open samples. */
const LOOK_AHEAD = 0.5;

/** Without a budget: the tenth. */
const TENTH = { share: 0.1 };

/**
 * Winnow's own: the samples whose reward is expected to vary most because of the image.
 *
 *     W(x) = E[ p₁ · (1 − p₁) · 1{ p₁ > p₀ } | c₁, c₀ ]
 *
 * What GRPO learns from is the variance of the reward, and what it should learn here is to look: a
 * question the text answers, one always or never solved, and one whose answer key is wrong (right
 * by luck, as often without the image) all have little of it. Ties by the seeded hash. Where a text
 * arm stopped early W is the largest it can still be. Ours; docs/selectors/winnow.md.
 */
export function newWinnow({ tieOrder }: Rules): Method {
  const signals = new Map<number, VisualSignal>();
  const signal = (m: number, c1: number, c0: number): number => remember(signals, m, () => newVisualSignal(m))(c1, c0);
  const most = ({ m, image, text }: Evidence): number => signal(m, image.correct, text.correct);
  const order = (evidence: readonly Evidence[]): number[] => [
    ...tieOrder([...evidence.keys()], (i) => evidence[i]!.sampleId, [(i) => most(evidence[i]!)]),
  ];

  return {
    arms: ["image"],
    traits: [],
    size: TENTH,
    lineUp: (evidence) => ({
      places: order(evidence),
      describe: (i) => {
        const { m, text } = evidence[i]!;
        const whole = text.taken === m;
        const without = text.taken === 0 ? "the text arm was not needed" : `${text.correct} of ${text.taken} without`;
        return `${describePassRate(evidence[i]!)}, ${without}: W ${whole ? "=" : "≤"} ${most(evidence[i]!).toFixed(3)}`;
      },
    }),
    settle: (evidence, size) => {
      const line = order(evidence);
      const open = needsAhead(evidence, line, size);
      // About half of the open ones will fall behind: ask those who would move up in the same wave.
      const wider = needsAhead(evidence, line, size + Math.floor(open.length * LOOK_AHEAD));
      return wider.length > 0 ? wider : open;
    },
  };

  /** What would settle which of the first `size` stay ahead of the place behind them, on ties by the line's order. */
  function needsAhead(evidence: readonly Evidence[], line: readonly number[], size: number): Want[] {
    const beyond = line[size];
    if (beyond === undefined) return [];
    const bound = most(evidence[beyond]!);
    return line.slice(0, size).flatMap((place): Want[] => {
      const { m, image, text } = evidence[place]!;
      const [first] = tieOrder([place, beyond], (i) => evidence[i]!.sampleId, []);
      const staysAhead = (w: number): boolean => (first === place ? w >= bound : w > bound);
      let cap = m;
      while (cap >= 0 && !staysAhead(signal(m, image.correct, cap))) cap -= 1;
      const rollouts = rolloutsToSettle(text, m, cap);
      return rollouts === 0 ? [] : [{ place, what: "text", rollouts }];
    });
  }
}
