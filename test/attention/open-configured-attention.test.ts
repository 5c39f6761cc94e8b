import { expect, test } from "vitest";
import { openConfiguredAttention } from "../../src/attention/index.ts";

const backend = {};

test("no attention is asked of a run without it, or of a backend that has none to lend", async () => {
  expect(await openConfiguredAttention({ attention: "none" }, backend)).toBeNull();
  expect(await openConfiguredAttention({ attention: "onnx" }, backend)).toBeNull();
});

test("workers need addresses and files need a path, and neither goes with another source", async () => {
  const cases = [
    [{ attention: "worker" }, "`attention: worker` needs `attentionUrls`"],
    [{ attention: "files" }, "`attention: files` needs `attentionFile`"],
    [{ attention: "onnx", attentionUrls: ["http://a:1"] }, "`attentionUrls` goes with `attention: worker`"],
    [{ attention: "none", attentionFile: "a.parquet" }, "`attentionFile` goes with `attention: files`"],
    [{ attention: "worker", attentionUrls: ["http://u:p@a:1"] }, "must hold no user or password"],
  ] as const;
  for (const [choice, message] of cases) {
    await expect(openConfiguredAttention(choice, backend)).rejects.toThrow(message);
  }
});
