import { causalDiscrepancy, difficulty as difficultyOf } from "../../../src/estimators/index.ts";
import type { EvidenceTable } from "../../../src/view/evidence-columns.ts";

/** The scores of every sample, by place; NaN where one is absent. */
export interface Scores {
  /** D, exact where `exact` is 1, else the largest still possible; absent until the image arm is complete. */
  readonly d: Float64Array;
  readonly exact: Uint8Array;
  /** ψ itself, not its logarithm. */
  readonly psi: Float64Array;
  readonly difficulty: Float64Array;
}

/** D, ψ by one option set, and difficulty, from the counts: what the estimators say of a single sample. */
export function tabulateScores(table: EvidenceTable, psiName: string): Scores {
  const { samples, m, image, text } = table;
  const [d, psi, difficulty] = [newColumn(samples), newColumn(samples), newColumn(samples)];
  const exact = new Uint8Array(samples);
  const logPsi = table.logPsi.get(psiName);
  for (let place = 0; place < samples; place++) {
    if (logPsi !== undefined) psi[place] = Math.exp(logPsi[place]!);
    if (image.taken[place]! < m) continue;
    d[place] = causalDiscrepancy(image.correct[place]!, text.correct[place]!, m);
    exact[place] = text.taken[place]! === m ? 1 : 0;
    difficulty[place] = difficultyOf(image.correct[place]!, m);
  }
  return { d, exact, psi, difficulty };
}

function newColumn(length: number): Float64Array {
  return new Float64Array(length).fill(Number.NaN);
}
