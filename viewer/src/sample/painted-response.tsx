import { useState } from "react";
import type { RolloutView, TokenScoresView } from "../../../src/view/protocol.ts";
import { fetchTokenScores } from "../server.ts";
import { showScore } from "../words.ts";

/** Steps of heat, from nothing to most. */
const HEAT_STEPS = 6;

/** Attention over a response, measured when asked for: a pass of the model takes a moment. */
export function useTokenScores(
  run: number,
  id: string,
  rollout: RolloutView,
): {
  readonly scores: TokenScoresView | undefined;
  readonly busy: boolean;
  readonly trouble: string | undefined;
  readonly toggle: () => void;
} {
  const [scores, setScores] = useState<TokenScoresView>();
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string>();
  const toggle = (): void => {
    setShown(!shown);
    if (shown || scores !== undefined || busy) return;
    setBusy(true);
    fetchTokenScores(run, id, rollout.index)
      .then(setScores, (error: unknown) => setTrouble((error as Error).message))
      .finally(() => setBusy(false));
  };
  return { scores: shown ? scores : undefined, busy, trouble, toggle };
}

/** The response's tokens, darker the more attention each gets; ACE's winning column is outlined. */
export function PaintedResponse({ scores }: { readonly scores: TokenScoresView }): React.ReactNode {
  const most = Math.max(...scores.tokens.map((token) => token.received), Number.MIN_VALUE);
  return (
    <p className="painted">
      {scores.tokens.map(({ text, received, logPsi }, at) => {
        const heat = Math.round((HEAT_STEPS * received) / most);
        const winning = at === scores.column;
        const psi = logPsi === null ? "0" : showScore(Math.exp(logPsi));
        return (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: tokens are named by their place
            key={at}
            className={`token heat-${heat}${winning ? " winning" : ""}`}
            title={`token ${at + 1}: mean attention ${showScore(received)}, ψ of its column ${psi}${winning ? ": the largest" : ""}`}
          >
            {text}
          </span>
        );
      })}
    </p>
  );
}
