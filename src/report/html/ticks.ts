/** Up to `most` + 1 round values 0, step, 2 · step, … of which the last is not below `max`. */
export function ticksTo(max: number, most = 4): number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(max, 1) / most));
  const step = Math.max(1, [1, 2, 5, 10].map((digit) => digit * power).find((one) => one * most >= max) ?? 1);
  return Array.from({ length: Math.max(1, Math.ceil(max / step)) + 1 }, (_, i) => i * step);
}

/** The powers of ten, and where they are few the 2 and 5 between them, in [low, high]. */
export function logTicks(low: number, high: number): number[] {
  const powers: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) powers.push(power);
  const within = (digits: readonly number[]): number[] =>
    powers
      .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
      .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const tens = within([1]);
  return tens.length >= 3 ? tens : within([1, 2, 5]);
}

/** Three to six round values in [low, high]. */
export function roundTicks(low: number, high: number): number[] {
  const power = Math.floor(Math.log10((high - low || high || 1) / 5));
  const step = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`)).find((one) => (high - low) / one <= 6) ?? 1;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}
