import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/runs/database.ts";
import { writeCsv, writeTable } from "../../src/runs/tables.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("a CSV has the table's rows in order, absent values empty, and no text that a spreadsheet would run", async () => {
  const folder = await temporaryFolder();
  using database = await openDatabase(join(folder, "spill.tmp"));
  const columns = { id: "VARCHAR", d: "DOUBLE", note: "VARCHAR" };
  const rows = [
    { id: "=HYPERLINK(1)", d: 0.4, note: 'said "so", then' },
    { id: "-5", d: -0.2 },
    { id: "-a", note: "+1" },
    { id: "@x", d: 1, note: "plain" },
  ];
  const table = join(folder, "t.parquet");
  await writeTable(database, columns, rows, table);
  await writeCsv(database, columns, table, join(folder, "t.csv"));
  expect((await readFile(join(folder, "t.csv"), "utf8")).trimEnd().split("\n")).toEqual([
    "id,d,note",
    `'=HYPERLINK(1),0.4,"said ""so"", then"`,
    "-5,-0.2,",
    "'-a,,+1",
    "'@x,1.0,plain",
  ]);
});
