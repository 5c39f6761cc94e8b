import { stripMarkup } from "../extraction/answer-text.ts";

/** Minutes since midnight and whether morning or afternoon was said. */
export interface ClockTime {
  readonly minutes: number;
  readonly halfKnown: boolean;
}

/** Reads `20:34`, `8:34 P.M.` and `08:34 pm`; `undefined` for anything else. */
export function readClockTime(text: string): ClockTime | undefined {
  const match = /^(\d{1,2}):(\d{2})(?:\s?([ap])\.?\s?m\.?)?$/i.exec(stripMarkup(text).replaceAll(/\s+/g, " "));
  if (match === null) return undefined;
  const [hours, minutes] = [Number(match[1]), Number(match[2])];
  const half = match[3]?.toLowerCase();
  if (minutes > 59 || hours > 24 || (half !== undefined && (hours > 12 || hours === 0))) return undefined;
  const shifted = half === undefined ? hours : (hours % 12) + (half === "p" ? 12 : 0);
  return { minutes: shifted * 60 + minutes, halfKnown: half !== undefined || hours > 12 || hours === 0 };
}

/** The same time of day; where one side does not say which half of the day, either will do. */
export function areTimesEqual(a: ClockTime, b: ClockTime): boolean {
  if (a.minutes === b.minutes) return true;
  return a.halfKnown !== b.halfKnown && a.minutes % 720 === b.minutes % 720;
}
