import { WinnowError } from "../errors.ts";
import { datatrove } from "./datatrove.ts";
import { easyr1 } from "./easyr1.ts";
import { limr } from "./limr.ts";
import { lmmsEval } from "./lmms-eval.ts";
import type { LogLayout, LogRecord } from "./log-layout.ts";
import { msSwift } from "./ms-swift.ts";
import { msSwiftInfer } from "./ms-swift-infer.ts";
import { openaiBatch } from "./openai-batch.ts";
import { rap } from "./rap.ts";
import { rows } from "./rows.ts";
import { trl } from "./trl.ts";
import { verl } from "./verl.ts";
import { verlGeneration } from "./verl-generation.ts";

/** Every log layout, the surest signs first. To add one: one file, one line here, one case of the contract suite. */
export const LOG_LAYOUTS: readonly LogLayout[] = [
  openaiBatch,
  datatrove,
  lmmsEval,
  rap,
  limr,
  msSwift,
  verl,
  verlGeneration,
  easyr1,
  trl,
  msSwiftInfer,
  rows,
];

/** The layout of this name; `WinnowError("usage")` lists those there are. */
export function findLayout(name: string): LogLayout {
  const found = LOG_LAYOUTS.find((layout) => layout.name === name);
  if (found !== undefined) return found;
  const names = LOG_LAYOUTS.map((layout) => layout.name).join(", ");
  throw new WinnowError("usage", `\`--layout\`: expected one of ${names}; found \`${name}\`.`);
}

/** The layout that a file's first record shows, or `undefined`. */
export function detectLogLayout(record: LogRecord, file: string, text: boolean): LogLayout | undefined {
  return LOG_LAYOUTS.find((layout) => layout.recognises(record, { file, text }));
}
