import { expect, test } from "vitest";
import { newSelector } from "../../src/selectors/index.ts";
import { decodeEvidence, toEvidence } from "../../src/view/evidence-columns.ts";
import { readDecisions } from "../read-decisions.ts";
import { makePlantedRun, openRunView } from "./planted-run.ts";

test("the evidence that reaches the browser leads to the decisions the run made", async () => {
  const run = await makePlantedRun(40);
  const view = await openRunView(run);
  const { evidence: bytes } = await view.evidence();
  const table = decodeEvidence(bytes.buffer);
  expect(table).toMatchObject({ m: 5, samples: 40, psiNames: ["paper", "robust"] });
  const { evidence, places } = toEvidence(table, "paper");
  expect([...places]).toEqual(Array.from({ length: 40 }, (_, place) => place));
  const { options } = (await view.info()).selection;
  const decisions = newSelector(options).select(evidence, true);
  const stored = new Map((await readDecisions(run)).map((one) => [one.id, one]));
  expect(decisions.filter(({ selected }) => selected).length).toBeGreaterThan(0);
  for (const { sampleId, reason, explanation } of decisions) {
    expect(stored.get(sampleId)).toMatchObject({ reason, explanation });
  }
});
