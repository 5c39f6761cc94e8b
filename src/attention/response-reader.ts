import { WinnowError } from "../errors.ts";
import { openEmbeddedModel } from "../models/embedded-model.ts";
import type { Prompt, Rollout } from "../records.ts";
import type { ColumnScorer } from "./attention-source.ts";
import { openOnnxAttention } from "./onnx.ts";

/** Reads the attention of single responses again, for whoever wants more of it than a run stores. */
export interface ResponseReader extends AsyncDisposable {
  readonly model: { readonly name: string; readonly fingerprint: string };
  /** One teacher-forced pass whose rows go to `scorer`; returns the text of each response token, special ones included. */
  read(prompt: Prompt, rollout: Rollout, scorer: ColumnScorer): Promise<readonly string[]>;
}

/** Opens an embedded model to look at single responses with. Throws what `openOnnxAttention` throws. */
export async function openResponseReader(modelDirectory: string): Promise<ResponseReader> {
  const model = await openEmbeddedModel(modelDirectory, { workers: 0, threads: 1 });
  const source = await openOnnxAttention({ embeddedModel: model });
  const { name, fingerprint, endTokenIds } = model.directory;
  return {
    model: { name, fingerprint },
    async read(prompt, rollout, scorer) {
      const requests = (async function* () {
        yield { prompt, rollout };
      })();
      for await (const measured of source.measure(requests, { optionSets: {}, newScorer: () => scorer })) {
        if ("type" in measured) throw new WinnowError("model", measured.reason);
      }
      const ended = rollout.finish === "stop" ? [endTokenIds[0] as number] : [];
      const ids = rollout.tokenIds ?? [...model.processor.encode(rollout.text), ...ended];
      return ids.map((id) => model.processor.decodeToken(id));
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}
