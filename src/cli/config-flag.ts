import type { ArgsDef } from "citty";

/** A flag, the configuration key it sets, and how its text is read. */
export interface ConfigFlag {
  readonly key: string;
  readonly type: "text" | "number" | "boolean" | "number-or-text";
  readonly hint: string;
  readonly description: string;
}

/** The flags as citty wants them. */
export function toArgs(flags: Readonly<Record<string, ConfigFlag>>): ArgsDef {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { type, hint, description }]) => [
      name,
      type === "boolean" ? { type, description } : { type: "string", valueHint: hint, description },
    ]),
  ) as ArgsDef;
}

/** What the given flags set, as a nested configuration, and which flag set each key. */
export function readFlags(
  args: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, ConfigFlag>>,
): { readonly input: Record<string, unknown>; readonly names: ReadonlyMap<string, string> } {
  const input: Record<string, unknown> = {};
  const names = new Map<string, string>();
  for (const [name, flag] of Object.entries(flags)) {
    const value = args[name];
    if (value === undefined) continue;
    names.set(flag.key, `--${name}`);
    const path = flag.key.split(".");
    const last = path.pop() as string;
    let at = input;
    for (const part of path) {
      at[part] ??= {};
      at = at[part] as Record<string, unknown>;
    }
    at[last] = flag.type.startsWith("number") ? toNumber(value) : value;
  }
  return { input, names };
}

/** The number a text stands for; any other text as it is, for the schema to refuse by name. */
function toNumber(value: unknown): unknown {
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}
