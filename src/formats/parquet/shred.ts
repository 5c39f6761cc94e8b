import type { Entry } from "./column-cursor.ts";
import { isList, leavesOf, type SchemaNode } from "./schema.ts";

/**
 * The entries of a column's leaves (in the order of `leavesOf`) for one row's value: the inverse
 * of `assemble`, for schemas whose nodes are all optional but for the middle of a list. Source:
 * Melnik et al., "Dremel", VLDB 2010, section 4.
 */
export function shred(column: SchemaNode, value: unknown): readonly (readonly Entry[])[] {
  const leaves = leavesOf(column);
  const entries = new Map<SchemaNode, Entry[]>(leaves.map((leaf) => [leaf, []]));
  const putNothing = (node: SchemaNode, repetition: number, definition: number) => {
    for (const leaf of leavesOf(node)) entries.get(leaf)?.push({ repetition, definition });
  };
  const put = (node: SchemaNode, content: unknown, repetition: number, definition: number): void => {
    if (content === null || content === undefined) putNothing(node, repetition, definition);
    else if (node.leaf !== undefined) {
      entries.get(node)?.push({ repetition, definition: node.maxDefinition, value: encode(node, content) });
    } else if (isList(node)) putItems(node, content as readonly unknown[], repetition);
    else {
      for (const part of node.children) {
        put(part, (content as Record<string, unknown>)[part.name], repetition, node.maxDefinition);
      }
    }
  };
  const putItems = (node: SchemaNode, items: readonly unknown[], repetition: number): void => {
    const repeated = node.children[0] as SchemaNode;
    const element = repeated.children[0] as SchemaNode;
    if (items.length === 0) putNothing(node, repetition, node.maxDefinition);
    for (const [index, item] of items.entries()) {
      put(element, item, index === 0 ? repetition : repeated.maxRepetition, repeated.maxDefinition);
    }
  };
  put(column, value, 0, 0);
  return leaves.map((leaf) => entries.get(leaf) as Entry[]);
}

function encode(leaf: SchemaNode, value: unknown): Uint8Array {
  const { physical } = leaf.leaf as NonNullable<SchemaNode["leaf"]>;
  if (physical === "BYTE_ARRAY") return typeof value === "string" ? Buffer.from(value) : (value as Uint8Array);
  const bytes = Buffer.alloc(8);
  if (physical === "INT64") bytes.writeBigInt64LE(BigInt(value as number));
  else bytes.writeDoubleLE(value as number);
  return bytes;
}
