import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase, sqlText } from "../../src/runs/database.ts";
import { decodeEvidence, findId, readId } from "../../src/view/evidence-columns.ts";
import { makePlantedRun, openRunView } from "./planted-run.ts";

test("a row that repeats an earlier one has no place of its own, and moves no other's", async () => {
  const run = await makePlantedRun(12);
  const before = await openRunView(run);
  const { evidence } = await before.evidence();
  const table = decodeEvidence(evidence.buffer);

  // The same samples with every row twice, one after the other.
  const samples = join(run, "samples.parquet");
  using database = await openDatabase(join(run, "spill.tmp"));
  await database.run(
    `COPY (SELECT * EXCLUDE (line, copy) FROM (SELECT *, row_number() OVER () AS line FROM ${sqlText(samples)}), range(2) r(copy)
     ORDER BY line, copy) TO ${sqlText(`${samples}.new`)} (FORMAT parquet)`,
  );
  await rename(`${samples}.new`, samples);
  const after = await openRunView(run);
  expect(Buffer.from((await after.evidence()).evidence)).toEqual(Buffer.from(evidence));
  expect([...(await after.search("What is 7?", false))]).toEqual([7]);
  expect((await after.rows([7]))[0]).toMatchObject({ place: 7, question: "<image>What is 7?" });
  expect((await after.sample(readId(table, 7), false))?.rollouts.length).toBeGreaterThan(4);
});

test("an id is found at its place, and no other text is", async () => {
  const view = await openRunView(await makePlantedRun(12));
  const table = decodeEvidence((await view.evidence()).evidence.buffer);
  for (const place of [0, 5, 11]) expect(findId(table, readId(table, place))).toBe(place);
  for (const id of ["", "f".repeat(32), readId(table, 3).toUpperCase(), `${readId(table, 3)}0`]) {
    expect(findId(table, id)).toBe(-1);
  }
});
