/** Natural logarithm of a token's probability, and of the most probable ones, best first (the lowest id on a tie). */
export interface Logprobs {
  readonly logprob: number;
  readonly best: readonly { readonly tokenId: number; readonly logprob: number }[];
}

/** log p(i) = l_i − log Σ_j e^{l_j} of one row of logits, for one token and the `count` most probable ones. */
export function readLogprobs(logits: Float32Array, tokenId: number, count: number): Logprobs {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
  const of = (id: number): number => (logits[id] as number) - total;
  const best = [...logits.keys()].sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  return { logprob: of(tokenId), best: best.slice(0, count).map((id) => ({ tokenId: id, logprob: of(id) })) };
}
