import type { RolloutView, RunInfo, SamplePage } from "../../../src/view/protocol.ts";
import { PlainText } from "../plain-text.tsx";
import { count, showScore } from "../words.ts";
import { CutTextView } from "./cut-text.tsx";
import { PaintedResponse, useTokenScores } from "./painted-response.tsx";

const ARMS = [
  ["image", "With the image"],
  ["text", "Without the image"],
] as const;

/** The 2·M rollouts, both arms side by side. */
export function Rollouts(props: {
  readonly run: RunInfo;
  readonly index: number;
  readonly page: SamplePage;
  readonly psiName: string;
  readonly onWhole: () => void;
}): React.ReactNode {
  const { run, index, page, psiName, onWhole } = props;
  return (
    <section className="rollouts" aria-label="Rollouts">
      {ARMS.map(([arm, title]) => {
        const taken = page.rollouts.filter((rollout) => rollout.arm === arm);
        const right = taken.filter((rollout) => rollout.grade?.verdict === "correct").length;
        return (
          <section key={arm} className={`arm arm-${arm}`} aria-label={title}>
            <h3>
              {title}{" "}
              <span className="muted">
                {taken.length === 0 ? "none taken" : `${right} of ${taken.length} right`}
                {taken.length > 0 && taken.length < run.m && `, ${run.m - taken.length} not needed so far`}
              </span>
            </h3>
            <ol>
              {taken.map((rollout) => (
                <li key={rollout.index}>
                  <RolloutCard
                    run={run}
                    index={index}
                    page={page}
                    rollout={rollout}
                    psiName={psiName}
                    onWhole={onWhole}
                  />
                </li>
              ))}
            </ol>
          </section>
        );
      })}
    </section>
  );
}

const VERDICTS = { correct: "✓ right", wrong: "✗ wrong", ungradable: "? ungradable" } as const;

function RolloutCard(props: {
  readonly run: RunInfo;
  readonly index: number;
  readonly page: SamplePage;
  readonly rollout: RolloutView;
  readonly psiName: string;
  readonly onWhole: () => void;
}): React.ReactNode {
  const { run, index, page, rollout, psiName, onWhole } = props;
  const { grade, attention } = rollout;
  const paint = useTokenScores(index, page.id, rollout);
  const psi = attention?.psi[psiName];
  return (
    <article className="rollout">
      <header>
        <span className="muted">{rollout.index + 1}</span>
        {grade === null ? (
          <span className="verdict">not graded yet</span>
        ) : (
          <span className={`verdict verdict-${grade.verdict}`} title={`rule ${grade.rule}`}>
            {VERDICTS[grade.verdict]}
          </span>
        )}
        {grade?.answer !== undefined && (
          <span className="answer">
            <PlainText text={grade.answer.slice(0, 200)} />
          </span>
        )}
        <span className="spacer" />
        {rollout.finish === "length" && <span className="cut-off">cut off</span>}
        {rollout.responseTokens !== null && <span className="muted">{count(rollout.responseTokens)} tokens</span>}
      </header>
      <div className="response">
        {paint.scores === undefined ? (
          <CutTextView cut={rollout.text} onWhole={onWhole} />
        ) : (
          <PaintedResponse scores={paint.scores} />
        )}
      </div>
      {grade?.reason !== undefined && (
        <p className="muted small">
          <PlainText text={grade.reason} />
        </p>
      )}
      {rollout.arm === "image" && (
        <footer className="muted small">
          {attention === null || psi === undefined ? (
            <span>attention not measured</span>
          ) : (
            <span title="ψ of this response; share of its attention on image tokens">
              ψ = {psi.logPsi === null ? "0" : showScore(Math.exp(psi.logPsi))}
              {psi.column !== null && `, most held by token ${psi.column + 1}`}
              {attention.token !== null && psi.column !== null && (
                <>
                  {" "}
                  “<PlainText text={attention.token} />”
                </>
              )}
              , image {(100 * attention.imageMass).toFixed(0)} %
            </span>
          )}
          {run.tokenScores.available ? (
            <button
              type="button"
              onClick={paint.toggle}
              aria-pressed={paint.scores !== undefined}
              disabled={paint.busy}
            >
              {paint.busy ? "reading…" : "attention"}
            </button>
          ) : (
            <span title={run.tokenScores.reason}>no scores of single tokens</span>
          )}
          {paint.trouble !== undefined && <span role="alert">{paint.trouble}</span>}
        </footer>
      )}
    </article>
  );
}
