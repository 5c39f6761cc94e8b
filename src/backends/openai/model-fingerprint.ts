import { hashText } from "../../lib/hash-text.ts";
import { stableJson } from "../../lib/stable-json.ts";

/** Identity of a served model: its name, and the fields that go on top of every request. */
export function fingerprintModel(model: string, extraBody: Readonly<Record<string, unknown>>): string {
  return hashText(stableJson({ backend: "openai", model, extraBody }));
}
