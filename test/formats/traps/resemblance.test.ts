import { expect, test } from "vitest";
import { png } from "../pictures.ts";
import { PNG, readAll, writeData } from "./rows.ts";

const ids = async (...rows: readonly object[]) => {
  const whole = rows.map((row) => JSON.stringify({ question: "How many?", answer: "3", image: PNG, ...row }));
  const items = await readAll(await writeData(`${whole.join("\n")}\n`));
  return items.map((item) => (item.type === "rejected" ? item.rejected.code : item.sample.id));
};

test("duplicate samples are both read, and share an id", async () => {
  const [one, other] = await ids({}, {});
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(other).toBe(one);
});

test("the same text with another image is another sample, with another id", async () => {
  const [one, other] = await ids({}, { image: png({ width: 9 }).toString("base64") });
  expect([one, other]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(other).not.toBe(one);
});
