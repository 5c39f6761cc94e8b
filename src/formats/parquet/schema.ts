import { MalformedParquet } from "./malformed.ts";
import type { ThriftStruct } from "./thrift.ts";
import { child, integer, text } from "./thrift-access.ts";

/** Physical types, in the order of parquet.thrift. */
export const PHYSICAL = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;
export type Physical = (typeof PHYSICAL)[number];

/** A node of the schema tree: a column, or a part of a nested one. */
export interface SchemaNode {
  readonly name: string;
  readonly repetition: "required" | "optional" | "repeated";
  readonly children: readonly SchemaNode[];
  /** Definition level at which the node is there, and repetition level of its items. */
  readonly maxDefinition: number;
  readonly maxRepetition: number;
  /** The schema element as the file has it. */
  readonly element: ThriftStruct;
  /** Of a leaf: its place among all leaves, its physical type and its width in bytes where fixed. */
  readonly leaf?: { readonly index: number; readonly physical: Physical; readonly width: number };
}

const REPETITIONS = ["required", "optional", "repeated"] as const;
const WIDTHS: Partial<Record<Physical, number>> = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 };

/** The schema tree from the flat, depth-first list of a footer. Throws `MalformedParquet`. */
export function buildSchema(elements: readonly ThriftStruct[]): SchemaNode {
  let at = 0;
  let leaves = 0;
  const build = (definition: number, repetition: number, depth: number): SchemaNode => {
    const element = elements[at++];
    if (element === undefined || depth > 100)
      throw new MalformedParquet("expected a whole schema; found a cut-off one");
    const kind = depth === 0 ? "required" : REPETITIONS[integer(element, 3, 0)];
    if (kind === undefined) throw new MalformedParquet("expected a repetition type of 0, 1 or 2");
    const maxDefinition = definition + (kind === "required" ? 0 : 1);
    const maxRepetition = repetition + (kind === "repeated" ? 1 : 0);
    const count = integer(element, 5, 0);
    const base = { name: text(element, 4), repetition: kind, maxDefinition, maxRepetition, element };
    if (count === 0 && depth > 0) {
      const physical = PHYSICAL[integer(element, 1)];
      if (physical === undefined) throw new MalformedParquet(`expected a physical type of 0 to 7 for \`${base.name}\``);
      const width = WIDTHS[physical] ?? (physical === "FIXED_LEN_BYTE_ARRAY" ? integer(element, 2) : 0);
      return { ...base, children: [], leaf: { index: leaves++, physical, width } };
    }
    const nodes: SchemaNode[] = [];
    for (let index = 0; index < count; index++) nodes.push(build(maxDefinition, maxRepetition, depth + 1));
    return { ...base, children: nodes };
  };
  return build(0, 0, 0);
}

/** The leaves under a node, in the order of their columns. */
export function leavesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.leaf === undefined ? node.children.flatMap(leavesOf) : [node];
}

/** The leaves under a node with the names that lead to them, those of `path` first. */
export function leafPaths(
  node: SchemaNode,
  path: readonly string[],
): readonly { readonly leaf: SchemaNode; readonly path: readonly string[] }[] {
  return node.leaf === undefined
    ? node.children.flatMap((one) => leafPaths(one, [...path, one.name]))
    : [{ leaf: node, path }];
}

/** Whether a node is a list: a group around one repeated node, annotated so. */
export function isList(node: SchemaNode): boolean {
  return node.children.length === 1 && node.children[0]?.repetition === "repeated" && hasLogical(node, 3, 3);
}

/** Whether a node carries a logical type, in its new form (field id of the union) or its old one (`converted_type`). */
export function hasLogical({ element }: SchemaNode, logical: number, converted: number): boolean {
  const union = child(element, 10);
  return union?.fields[0] === undefined ? integer(element, 6, -1) === converted : union.fields[0].id === logical;
}
