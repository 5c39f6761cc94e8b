/** A column of numbers, one entry (or a fixed number of them) per sample. */
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

const TYPES = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f64: Float64Array } as const;
type TypeName = keyof typeof TYPES;

interface Place {
  readonly name: string;
  readonly type: TypeName;
  readonly at: number;
  readonly length: number;
}

/** Columns start at a multiple of this, so that any typed array can stand on them. */
const ALIGNMENT = 8;

/**
 * Columns and a head of plain data as one buffer: the length of the JSON that follows (32 bits,
 * little endian), the JSON, then the columns' own bytes. Little endian throughout.
 */
export function encodeColumns(head: object, columns: Readonly<Record<string, Column>>): Uint8Array<ArrayBuffer> {
  let at = 0;
  const places = Object.entries(columns).map(([name, column]): Place => {
    const place = { name, type: nameType(column), at, length: column.length };
    at += Math.ceil(column.byteLength / ALIGNMENT) * ALIGNMENT;
    return place;
  });
  const json = new TextEncoder().encode(JSON.stringify({ head, places }));
  const start = Math.ceil((4 + json.length) / ALIGNMENT) * ALIGNMENT;
  const buffer = new Uint8Array(start + at);
  new DataView(buffer.buffer).setUint32(0, json.length, true);
  buffer.set(json, 4);
  for (const { name, at: offset } of places) {
    const column = columns[name]!;
    buffer.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), start + offset);
  }
  return buffer;
}

/** The head and the columns of an encoded buffer; the columns are views of it, not copies. */
export function decodeColumns<Head>(buffer: ArrayBuffer): {
  readonly head: Head;
  column<T extends Column>(name: string): T;
} {
  const length = new DataView(buffer).getUint32(0, true);
  const { head, places } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as {
    head: Head;
    places: readonly Place[];
  };
  const start = Math.ceil((4 + length) / ALIGNMENT) * ALIGNMENT;
  const byName = new Map(places.map((place) => [place.name, place]));
  return {
    head,
    column<T extends Column>(name: string): T {
      const place = byName.get(name);
      if (place === undefined) throw new Error(`There is no column \`${name}\`.`);
      return new TYPES[place.type](buffer, start + place.at, place.length) as T;
    },
  };
}

function nameType(column: Column): TypeName {
  return (Object.keys(TYPES) as TypeName[]).find((name) => column instanceof TYPES[name])!;
}
