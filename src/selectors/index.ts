import type { SelectionOptions } from "../config.ts";
import { newRapSelector } from "./rap.ts";
import type { Selector } from "./selector.ts";

export { describeExtreme, type Funnel, type Gate, summarise } from "./funnel.ts";
export { measureSensitivity, type Sensitivity } from "./sensitivity.ts";
export { estimateStability, type Stability } from "./stability.ts";

/** The selector that the options describe. A baseline to compare RAP with is one more file and one more case here. */
export function newSelector(options: SelectionOptions): Selector {
  return newRapSelector(options);
}
