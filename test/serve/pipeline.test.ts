import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { serveModel } from "../../src/serve/serve-model.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { writeFigures } from "./write-figures.ts";

test("the pipeline through a server decides what it decides with the embedded model, at temperature 0", async () => {
  const folder = await temporaryFolder();
  const dataset = await writeFigures(join(folder, "figures.jsonl"), 60);
  const shared = {
    dataset,
    prompt: { format: "none" },
    sampling: { rollouts: 3, temperature: 0, maxTokens: 32 },
    attention: "none",
    allowEmpty: true,
  };
  await using served = await serveModel({ model: "models/nano", port: 0 });
  const embedded = join(folder, "embedded");
  const remote = join(folder, "remote");
  await runPipeline(parseConfig(shared, "test"), embedded);
  const manifest = await runPipeline(parseConfig({ ...shared, openai: { baseUrls: served.url } }, "test"), remote);
  expect(manifest.model.name).toBe("nano");
  const decisions = await readDecisions(remote);
  expect(decisions).toHaveLength(60);
  expect(decisions).toEqual(await readDecisions(embedded));
  expect(decisions.some((decision) => decision.selected)).toBe(true);
});
