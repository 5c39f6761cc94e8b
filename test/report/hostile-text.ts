import type { RunSummary } from "../../src/report/summarise-run.ts";

/** What a dataset, a file name or a model may hold to run code, break a page or mislead a reader. */
export const HOSTILE = [
  "<script>window.hacked = 1</script>",
  "<img src=x onerror='window.hacked = 1'>",
  '"><svg onload="window.hacked = 1">',
  "</style><script>window.hacked = 1</script>",
  "</title></head><body onload=window.hacked=1>",
  "<a href='javascript:window.hacked=1'>click</a>",
  "&lt;script&gt; &amp; &#x3c;",
  "\u202egpj.exe\u202c \u2066isolated\u2069 \u200fright",
  "null\u0000 bell\u0007 escape\u001b[31m line\u2028separator",
  "lone \ud800 surrogate",
] as const;

/** All of it in one text, and a megabyte more. */
const HOSTILE_TEXT: string = `${HOSTILE.join(" ")} ${"x".repeat(1_000_000)}`;

/** Every text of the summary that a dataset or a model can choose, hostile. */
export function poison(summary: RunSummary): RunSummary {
  const group = HOSTILE.map((name) => ({ name, samples: 3, selected: 1 }));
  const row = { file: HOSTILE_TEXT, row: 3, reason: HOSTILE_TEXT, groundTruth: HOSTILE_TEXT };
  const { manifest } = summary;
  return {
    ...summary,
    model: HOSTILE_TEXT,
    dataset: `folder/${HOSTILE.join("").replaceAll("/", "∕")}`,
    composition: { kinds: group, files: group, questionLength: group, responseLength: group },
    attention: summary.attention && {
      ...summary.attention,
      tokens: HOSTILE.map((token) => ({ token, responses: 1 })),
    },
    setAside: { rejected: HOSTILE.map((code) => ({ code, rows: 1, examples: [row] })), ungradable: [row] },
    manifest: {
      ...manifest,
      model: { name: HOSTILE_TEXT, fingerprint: HOSTILE_TEXT },
      prompt: { ...manifest.prompt, format: HOSTILE_TEXT },
      dataset: { ...manifest.dataset, path: HOSTILE_TEXT, fields: { question: HOSTILE_TEXT } },
    },
  };
}
