import type { Entry } from "./column-cursor.ts";
import { MalformedParquet } from "./malformed.ts";
import { plainValue } from "./plain-value.ts";
import { isList, leavesOf, type SchemaNode } from "./schema.ts";

/**
 * One row of a column as plain data, put together from the entries of its leaves (in the order
 * of `leavesOf`): objects for groups, arrays for repeated nodes and lists, null for what is not
 * there. Source: Melnik et al., "Dremel", VLDB 2010, section 4.
 */
export function assemble(node: SchemaNode, entries: readonly (readonly Entry[])[]): unknown {
  const leaves = leavesOf(node);
  const at = new Map(leaves.map((leaf, index) => [leaf, { entries: entries[index] ?? [], next: 0 }]));
  const peek = (within: SchemaNode): Entry | undefined => {
    const cursor = at.get(leavesOf(within)[0] as SchemaNode);
    return cursor?.entries[cursor.next];
  };
  const take = (leaf: SchemaNode): Entry => {
    const cursor = at.get(leaf);
    const entry = cursor?.entries[cursor.next];
    if (cursor === undefined || entry === undefined)
      throw new MalformedParquet(`expected another entry of \`${leaf.name}\`; found the row's end`);
    cursor.next += 1;
    return entry;
  };
  const skip = (within: SchemaNode) => {
    for (const leaf of leavesOf(within)) take(leaf);
  };
  const read = (within: SchemaNode): unknown => {
    const entry = peek(within);
    if (entry === undefined || entry.definition < within.maxDefinition) {
      skip(within);
      return within.repetition === "repeated" ? [] : null;
    }
    if (within.repetition !== "repeated") return content(within);
    const items = [content(within)];
    while ((peek(within)?.repetition ?? -1) === within.maxRepetition) items.push(content(within));
    return items;
  };
  const content = (within: SchemaNode): unknown => {
    if (within.leaf !== undefined) return plainValue(take(within).value as Uint8Array, within);
    const members = within.children.map((one) => [one.name, read(one)] as const);
    return isList(within) ? unwrapList(within, members[0]?.[1]) : Object.fromEntries(members);
  };
  return read(node);
}

/** Items of a three-level list stand in a group of one; of a two-level one, by themselves. */
function unwrapList(node: SchemaNode, items: unknown): unknown {
  const repeated = node.children[0] as SchemaNode;
  const wrapped = repeated.children.length === 1 && repeated.name !== "array" && repeated.name !== `${node.name}_tuple`;
  return wrapped ? (items as Record<string, unknown>[]).map((item) => item[repeated.children[0]?.name ?? ""]) : items;
}
