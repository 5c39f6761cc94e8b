import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { AttentionSource } from "../src/attention/attention-source.ts";
import { openScriptedAttention } from "../src/attention/index.ts";
import type { Backend } from "../src/backends/backend.ts";
import { openScriptedBackend } from "../src/backends/index.ts";
import { hashText } from "../src/lib/hash-text.ts";
import type { Arm, Prompt } from "../src/records.ts";

/** A JSON-lines dataset of `rows` questions whose answers are their row numbers, each with a picture of its own. */
export async function writePlantedDataset(folder: string, rows: number): Promise<string> {
  await mkdir(join(folder, "images"), { recursive: true });
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const background = { r: row % 256, g: (row * 7) % 256, b: (row * 13) % 256 };
    const image = await sharp({ create: { width: 6, height: 4, channels: 3, background } })
      .png()
      .toBuffer();
    await writeFile(join(folder, "images", `${row}.png`), image);
    lines.push(
      JSON.stringify({
        id: `r${row}`,
        question: `<image>What is ${row}?`,
        answer: `${row}`,
        images: [`images/${row}.png`],
        extra: row / 7,
      }),
    );
  }
  const path = join(folder, "planted.jsonl");
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

/** The row number that a planted question asks for. */
function rowOf(prompt: Prompt): number {
  const text = prompt.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  return Number(/What is (\d+)\?/.exec(text)?.[1]);
}

/** Chances, by row, of a right answer with and without the image: a mix of every kind of sample. */
function chances(row: number): { image: number; text: number } {
  return [
    { image: 1, text: 0 },
    { image: 1, text: 1 },
    { image: 0.5, text: 0.1 },
    { image: 0.2, text: 0 },
    { image: 0, text: 0 },
    { image: 0.8, text: 0.1 },
  ][row % 6] as { image: number; text: number };
}

/** A scripted model for planted datasets, and every request it was asked, as `row/arm/index`. */
export function openPlantedBackend(
  options: {
    readonly imageTokens?: number;
    readonly refuse?: number;
    /** Another checkpoint: its identity, and what it gets right by row where that differs. */
    readonly checkpoint?: { readonly name: string; readonly chance: (row: number, arm: Arm) => number | undefined };
  } = {},
): {
  readonly backend: Backend;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const backend = openScriptedBackend({
    ...(options.imageTokens !== undefined && { imageTokens: options.imageTokens }),
    ...(options.checkpoint && { name: options.checkpoint.name, fingerprint: options.checkpoint.name }),
    respond: (prompt, index, { seed }) => {
      const row = rowOf(prompt);
      if (row === options.refuse) return { refused: "the script refuses this one" };
      asked.push(`${row}/${prompt.arm}/${index}`);
      const draw = Number.parseInt(hashText(`${seed}/${row}/${prompt.arm}/${index}`, 8), 16) / 2 ** 32;
      const right = draw < (options.checkpoint?.chance(row, prompt.arm) ?? chances(row)[prompt.arm]);
      return `<think>so</think> \\boxed{${right ? row : "none"}}`;
    },
  });
  return { backend, asked };
}

/** Attention in which every seventh row leans on its first response token, and how many responses were measured. */
export function openPlantedAttention(): { readonly attention: AttentionSource; readonly measured: () => number } {
  let count = 0;
  const attention = openScriptedAttention(({ prompt }) => {
    count += 1;
    const sink = rowOf(prompt) % 7 === 0;
    const rows = Array.from({ length: 4 }, (_, row) => {
      const response = Array.from({ length: row + 1 }, (_, column) => (column === 0 ? (sink ? 0.9 : 0.02) : 0.01));
      return [1 - response.reduce((sum, value) => sum + value, 0), ...response];
    });
    return { responseStart: 1, heads: [rows] };
  });
  return { attention, measured: () => count };
}
