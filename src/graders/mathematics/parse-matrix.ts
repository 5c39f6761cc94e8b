import { LIMITS } from "../limits.ts";
import type { Node } from "./expression.ts";
import { ParseFailure, type TokenCursor } from "./token-cursor.ts";

const MATRICES = new Set(["matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix", "Vmatrix"]);

/** Reads rows of cells up to `\end{…}`; the cursor stands behind `\begin{…}`. */
export function readMatrix(environment: string, cursor: TokenCursor, readCell: (cursor: TokenCursor) => Node): Node {
  if (!MATRICES.has(environment)) throw new ParseFailure(`the environment ${environment}`);
  return cursor.nested(() => {
    const rows: Node[][] = [];
    let row: Node[] = [];
    let cells = 0;
    for (;;) {
      const token = cursor.peek();
      if (token?.kind === "command" && token.text.startsWith("end ")) break;
      row.push(readCell(cursor));
      cells += 1;
      if (cells > LIMITS.matrixCells) throw new ParseFailure(`a matrix of more than ${LIMITS.matrixCells} cells`);
      if (cursor.accept("&")) continue;
      rows.push(row);
      row = [];
      if (!cursor.accept("\\\\")) break;
    }
    const end = cursor.next();
    if (end.text !== `end ${environment}`) throw new ParseFailure("a matrix without an end");
    if (rows.length === 0 || rows.some((one) => one.length !== rows[0]?.length))
      throw new ParseFailure("a ragged matrix");
    return { type: "matrix", rows, determinant: environment === "vmatrix" };
  });
}
