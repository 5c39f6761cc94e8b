import { readFileSync } from "node:fs";

/** Rows of the table of a docs page that has exactly these columns, cells as text, in order. */
export function workedTable(page: string, columns: string): readonly (readonly string[])[] {
  const lines = readFileSync(page, "utf8").split("\n");
  const header = `| ${columns} |`;
  const start = lines.indexOf(header);
  if (start < 0) throw new Error(`${page} has no table "${header}"`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) break;
    rows.push(
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
  }
  return rows;
}
