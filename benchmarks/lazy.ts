import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../src/config.ts";
import { runPipeline } from "../src/pipeline.ts";
import { summariseRun } from "../src/report/summarise-run.ts";

/** Both protocols on `examples/figures` with the embedded model. */
export interface LazyFigures {
  readonly full: Taken;
  readonly lazy: Taken;
  /** Whether both wrote the same subset, byte for byte. */
  readonly identical: boolean;
  readonly selected: number;
  /** Shares saved, in [0, 1]. */
  readonly savedOfAll: number;
  readonly savedOfText: number;
  readonly savedTokens: number;
}

interface Taken {
  readonly image: number;
  readonly text: number;
  readonly responseTokens: number;
}

/** Runs the full and the lazy protocol, and compares what they took and what they selected. */
export async function benchmarkLazy(): Promise<LazyFigures> {
  const folder = await mkdtemp(join(tmpdir(), "winnow-lazy-"));
  try {
    const [full, lazy] = [await take(folder, "full"), await take(folder, "lazy")];
    const all = (taken: Taken): number => taken.image + taken.text;
    return {
      full: full.taken,
      lazy: lazy.taken,
      identical: full.subset.equals(lazy.subset),
      selected: lazy.selected,
      savedOfAll: 1 - all(lazy.taken) / all(full.taken),
      savedOfText: 1 - lazy.taken.text / full.taken.text,
      savedTokens: 1 - lazy.taken.responseTokens / full.taken.responseTokens,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function take(
  folder: string,
  protocol: "full" | "lazy",
): Promise<{ taken: Taken; subset: Buffer; selected: number }> {
  const out = join(folder, protocol);
  const manifest = await runPipeline(parseConfig({ dataset: "examples/figures", protocol }, "benchmark"), out);
  const { rollouts, selected } = await summariseRun(out);
  const { image, text, responseTokens: tokens } = rollouts;
  const responseTokens = tokens as number;
  const subset = await readFile(join(out, "subset", manifest.subset?.files[0] as string));
  return { taken: { image, text, responseTokens }, subset, selected };
}
