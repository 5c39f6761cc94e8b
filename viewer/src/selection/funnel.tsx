import type { SelectionOptions } from "../../../src/config.ts";
import { count, percent, showScore } from "../words.ts";
import type { FunnelCounts } from "./funnel-counts.ts";

/** How many samples came how far. */
export function FunnelView(props: {
  readonly funnel: FunnelCounts;
  readonly options: SelectionOptions;
  readonly logLambdaA: number | null;
}): React.ReactNode {
  const { funnel, options, logLambdaA } = props;
  const { samples, incomplete, ungradable, gates, selected } = funnel;
  const steps: readonly (readonly [string, string, number])[] =
    gates === undefined
      ? [
          ["samples", "", samples],
          ["selected", `by ${options.method}`, selected],
        ]
      : [
          ["samples", "", samples],
          ["CDE", describeCde(options), gates.passedCde],
          ["ACE", gates.aceRuns ? describeAce(options, logLambdaA) : "did not run", gates.passedAce],
          ["selected", `${count(funnel.easyReplaced)} of ${count(gates.easy)} easy replaced`, selected],
        ];
  return (
    <section aria-label="Funnel" className="funnel">
      <table>
        <caption className="unseen-label">How many samples came how far</caption>
        <thead className="unseen-label">
          <tr>
            <th scope="col">step</th>
            <th scope="col">samples</th>
            <th scope="col">share</th>
          </tr>
        </thead>
        <tbody>
          {steps.map(([name, how, value]) => (
            <tr key={name} className={name === "selected" ? "funnel-selected" : ""}>
              <th scope="row">
                {name} <span className="muted">{how}</span>
                <span className="bar" aria-hidden="true">
                  <span style={{ width: samples === 0 ? 0 : `${(100 * value) / samples}%` }} />
                </span>
              </th>
              <td className="number">{count(value)}</td>
              <td className="number muted">{percent(value, samples)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {(incomplete > 0 || ungradable > 0) && (
        <p className="muted small">
          {[
            incomplete > 0 ? `${count(incomplete)} not decided yet` : "",
            ungradable > 0 ? `${count(ungradable)} ungradable` : "",
          ]
            .filter((text) => text !== "")
            .join(", ")}
        </p>
      )}
    </section>
  );
}

function describeCde(options: SelectionOptions): string {
  const { gate, lambdaC, minGain, confidence } = options;
  return gate === "difference" ? `D > ${lambdaC}` : `P(gain > ${minGain}) ≥ ${confidence}`;
}

function describeAce({ lambdaA }: SelectionOptions, logLambdaA: number | null): string {
  if (typeof lambdaA === "number") return `ψ ≤ ${showScore(lambdaA)}`;
  const worth = logLambdaA === null ? "" : ` = ${showScore(Math.exp(logLambdaA))}`;
  return `ψ ≤ q${Number((lambdaA.quantile * 100).toPrecision(4))}${worth}`;
}
