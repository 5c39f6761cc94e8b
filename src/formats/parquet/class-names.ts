import { z } from "zod";
import type { Footer } from "./footer.ts";
import { children, text } from "./thrift-access.ts";

const huggingface = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

const classLabel = z.object({ _type: z.literal("ClassLabel"), names: z.array(z.string()) });

/**
 * The names of a column that Hugging Face `datasets` stores as numbers (`ClassLabel`), in the
 * order of those numbers, from the file's `huggingface` key; `undefined` for any other column.
 */
export function readClassNames({ metadata }: Footer, column: string): readonly string[] | undefined {
  const value = children(metadata, 5).find((entry) => text(entry, 1) === "huggingface");
  if (value === undefined) return undefined;
  return classLabel.safeParse(parseFeatures(text(value, 2))?.[column]).data?.names;
}

function parseFeatures(json: string): Record<string, unknown> | undefined {
  try {
    return huggingface.safeParse(JSON.parse(json)).data?.info.features;
  } catch {
    return undefined;
  }
}
