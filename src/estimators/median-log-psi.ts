/**
 * The median ψ over a sample's measured rollouts, in log.
 *
 *     odd:   log ψ_(mid)          even:  log ( ( ψ_(low) + ψ_(high) ) / 2 )
 *
 * One odd rollout neither condemns nor saves a sample. −∞ is a value like any other (ψ = 0);
 * `undefined` when nothing was measured.
 */
export function medianLogPsi(logPsi: readonly number[] | undefined): number | undefined {
  if (logPsi === undefined || logPsi.length === 0) return undefined;
  if (logPsi.length === 1) return logPsi[0];
  const sorted = [...logPsi].sort((a, b) => (a < b ? -1 : 1));
  const middle = sorted.length >> 1;
  const high = sorted[middle]!;
  if (sorted.length % 2 === 1) return high;
  const low = sorted[middle - 1]!;
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high)) - Math.LN2;
}
