import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { WinnowError } from "../errors.ts";
import type { Grade } from "../records.ts";
import type { GradeRequest, Grader, GroundTruthCheck } from "./grader.ts";
import { readGrade } from "./read-grade.ts";

/** What a reward module exports by name. */
interface RewardModule {
  readonly grade: (request: GradeRequest) => unknown;
  readonly check?: (groundTruth: string, choices?: readonly string[]) => GroundTruthCheck;
}

/** A reward of the user's own: a JavaScript module whose `grade(request)` returns a grade or a promise of one. */
class ModuleReward implements Grader {
  readonly name = "module";
  readonly version: string;
  readonly #path: string;
  readonly #module: RewardModule;

  constructor(path: string, version: string, module: RewardModule) {
    this.#path = path;
    this.version = version;
    this.#module = module;
  }

  check(groundTruth: string, choices?: readonly string[]): GroundTruthCheck {
    return this.#module.check?.(groundTruth, choices) ?? { gradable: true, kind: "own" };
  }

  async grade(request: GradeRequest): Promise<Grade> {
    return readGrade(await this.#module.grade(request), this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/**
 * Loads a reward module; its version is the hash of its file, so that an edited reward never mixes
 * with old grades. Throws `WinnowError("usage")` when the file is absent or has no `grade`.
 */
export async function openModuleReward(path: string): Promise<Grader> {
  const file = resolve(path);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new WinnowError("usage", `The reward module ${path} cannot be read.`, { cause });
  });
  const module = await import(pathToFileURL(file).href).catch((cause: unknown) => {
    const typescript = file.endsWith(".ts")
      ? " TypeScript needs Node 22.18 or later; compile it to .js otherwise."
      : "";
    throw new WinnowError("usage", `The reward module ${path} cannot be loaded: ${describe(cause)}.${typescript}`, {
      cause,
    });
  });
  if (typeof module.grade !== "function") {
    const names = Object.keys(module).join(", ") || "nothing";
    throw new WinnowError("usage", `The reward module ${path} must export a function \`grade\`; it exports ${names}.`);
  }
  return new ModuleReward(path, createHash("sha256").update(bytes).digest("hex").slice(0, 16), module);
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
