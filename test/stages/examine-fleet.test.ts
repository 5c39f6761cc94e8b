import { expect, test } from "vitest";
import { examineFleet } from "../../src/stages/examine-fleet.ts";
import { connectionError, newScriptedFleet } from "../backends/openai/scripted-fleet.ts";
import { newVirtualClock } from "../virtual-clock.ts";

test("every server says what it serves, or why not", async () => {
  const { fetch } = newScriptedFleet(
    () => ({}),
    (host) => (host === "a" ? "m" : connectionError("ECONNREFUSED")),
  );
  const openai = { baseUrls: ["http://a/v1", "http://b/v1/"] };
  expect(await examineFleet({ openai }, { fetch, clock: newVirtualClock() })).toEqual([
    { url: "http://a/v1", models: ["m"] },
    { url: "http://b/v1", trouble: "connection lost (ECONNREFUSED)" },
  ]);
});
