import { useEffect, useState } from "react";
import type { SelectionOptions } from "../../../src/config.ts";
import type { RunInfo } from "../../../src/view/protocol.ts";
import { writeSubset } from "../server.ts";
import { plural } from "../words.ts";
import { toCommand, toFlags } from "./flags.ts";
import type { NextWave } from "./reselect.ts";
import type { SelectionResult } from "./worker.ts";

type Writing = { readonly state: "idle" | "busy" } | { readonly state: "done" | "failed"; readonly message: string };

/** The command of this selection, what it would still have to run, and a button that does the same. */
export function WriteSubset(props: {
  readonly run: RunInfo;
  readonly index: number;
  readonly result: SelectionResult;
  readonly options: SelectionOptions;
}): React.ReactNode {
  const { run, index, result, options } = props;
  const [writing, setWriting] = useState<Writing>({ state: "idle" });
  const flags = toFlags(run, options);
  const command = toCommand(run.path, flags);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was said holds for that command alone
  useEffect(() => setWriting({ state: "idle" }), [command]);
  const needs = describeWave(result.wave);
  const write = async (): Promise<void> => {
    setWriting({ state: "busy" });
    try {
      const { rows, files } = await writeSubset(index, flags);
      const where = files.length === 1 ? `subset/${files[0]}` : "subset/";
      setWriting({ state: "done", message: `${plural(rows, "row")} written to ${run.path}/${where}.` });
    } catch (error) {
      setWriting({ state: "failed", message: (error as Error).message });
    }
  };
  return (
    <section className="write" aria-label="Subset">
      <code className="command">{command}</code>
      <button type="button" onClick={() => void navigator.clipboard?.writeText(command)}>
        Copy
      </button>
      <button
        type="button"
        className="primary"
        disabled={run.live || writing.state === "busy"}
        onClick={() => void write()}
      >
        {writing.state === "busy"
          ? "Writing…"
          : needs === undefined
            ? "Write this subset"
            : "Run that, then write this subset"}
      </button>
      <p className={needs === undefined ? "muted small" : "needs small"} role="status">
        {run.live
          ? "A process holds this run; its subset can be written when that has ended."
          : needs === undefined
            ? result.recorded
              ? `${options.method} goes by more than counts, so above are the decisions on disk; this selects anew.`
              : "Nothing has to be run for it."
            : `Still to run: ${needs}.`}
      </p>
      {(writing.state === "done" || writing.state === "failed") && (
        <p className={writing.state === "failed" ? "needs small" : "small"} role="alert">
          {writing.message}
        </p>
      )}
    </section>
  );
}

/** The selector's next wave in words; `undefined` when it needs nothing. */
function describeWave({ image, text, attention }: NextWave): string | undefined {
  const parts = [
    image.samples > 0 ? `${plural(image.rollouts, "rollout")} with the image` : "",
    text.samples > 0
      ? `${plural(text.rollouts, "rollout")} without the image, of ${plural(text.samples, "sample")}`
      : "",
    attention.samples > 0 ? `the attention of ${plural(attention.samples, "sample")}` : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return undefined;
  return `${parts.join(" and ")} at first; what comes back decides whether more follows`;
}
