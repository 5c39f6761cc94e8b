import { expect, test } from "vitest";
import { formatRequestId, parseRequestId } from "../../src/imports/request-id.ts";

const key = { settings: "0123456789abcdef", sampleId: "0123456789abcdef0123456789abcdef" };

test("a request's id says what was asked for, in at most 64 characters", () => {
  for (const [first, count] of [
    [0, 5],
    [255, 1],
    [0, 256],
  ] as const) {
    const asked = { ...key, arm: "text" as const, first, count };
    expect(formatRequestId(asked).length).toBeLessThanOrEqual(64);
    expect(parseRequestId(formatRequestId(asked))).toEqual(asked);
  }
});

test("another's id is not taken for one", () => {
  const own = formatRequestId({ ...key, arm: "image", first: 2, count: 1 });
  for (const id of ["request-1", "", `${own}x`, own.replace("2-2", "2-1"), own.replace(".i.", ".x.")]) {
    expect(parseRequestId(id)).toBeUndefined();
  }
});
