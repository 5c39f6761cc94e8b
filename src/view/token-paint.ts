import { existsSync } from "node:fs";
import { openResponseReader, type ResponseReader } from "../attention/response-reader.ts";
import { chooseBackend, psiOptionSets } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { bestColumn, columnScores } from "../estimators/index.ts";
import { nanoModel } from "../lib/nano-model.ts";
import { buildImagePrompt } from "../prompts/build-prompt.ts";
import type { Rollout, Sample } from "../records.ts";
import type { Manifest } from "../runs/manifest.ts";
import type { RunInfo, TokenScoresView } from "./protocol.ts";
import { ResponseMatrix } from "./response-matrix.ts";
import { toJsonNumber } from "./sample-page.ts";

/** Looks at single responses of a run again; says plainly when it cannot. */
export interface RunTokenScorer extends AsyncDisposable {
  readonly availability: RunInfo["tokenScores"];
  score(sample: Sample, rollout: Rollout): Promise<TokenScoresView>;
}

/**
 * A run stores one column a response, not all of them; the others come from one more pass of the
 * embedded model, loaded on first use. Workers and files reduce attention to that one column.
 */
export function openRunTokenScorer(manifest: Manifest): RunTokenScorer {
  const directory = manifest.config.model ?? nanoModel();
  const availability = describeAvailability(manifest, directory);
  let reader: Promise<ResponseReader> | undefined;
  return {
    availability,
    async score(sample, rollout) {
      if (!availability.available) throw new WinnowError("model", availability.reason);
      reader ??= openResponseReader(directory);
      const { model, read } = await reader;
      if (model.fingerprint !== manifest.model.fingerprint) {
        throw new WinnowError("model", `${directory} is not the model it was when the run was made.`);
      }
      const { psi } = manifest.selection;
      const matrix = new ResponseMatrix(psi.heads);
      const texts = await read(buildImagePrompt(sample, manifest.prompt.format), rollout, matrix);
      const received = matrix.received();
      const logPsi = columnScores(matrix.rows, psi);
      return {
        psiName: psiOptionSets(psi).name,
        tokens: texts.map((text, at) => ({
          text: text.toWellFormed(),
          received: received[at]!,
          logPsi: toJsonNumber(logPsi[at]!),
        })),
        column: bestColumn(logPsi).column ?? null,
      };
    },
    async [Symbol.asyncDispose]() {
      await (await reader?.catch(() => undefined))?.[Symbol.asyncDispose]();
    },
  };
}

function describeAvailability(manifest: Manifest, directory: string): RunInfo["tokenScores"] {
  const refuse = (reason: string): RunInfo["tokenScores"] => ({ available: false, reason });
  if (manifest.attention === undefined) return refuse("ACE did not run: this run has no attention source.");
  if (manifest.attention !== "onnx" || chooseBackend(manifest.config) !== "onnx") {
    return refuse(
      `Attention came from “${manifest.attention}”, which stores one column a response; scores of every token are computed for the embedded model alone.`,
    );
  }
  return existsSync(directory) ? { available: true } : refuse(`The model is no longer at ${directory}.`);
}
