import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import type { RunInfo, SamplePage, SampleRow } from "../../src/view/protocol.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { openPlantedViewer } from "./planted-run.ts";

let run: string;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "winnow-view-"));
  const dataset = await writePlantedDataset(folder, 30);
  run = join(folder, "run");
  const { backend } = openPlantedBackend();
  const { attention } = openPlantedAttention();
  await runPipeline(parseConfig({ dataset }, "test"), run, { parts: { backend, attention } });
  return () => rm(folder, { recursive: true, force: true });
});

async function firstId(): Promise<string> {
  return (await readDecisions(run))[0]?.id as string;
}

test("a request without the cookie, or with a wrong one, is refused", async () => {
  const { ask } = await openPlantedViewer(run);
  expect((await ask("/api/runs")).status).toBe(200);
  expect((await ask("/api/runs", { headers: { cookie: "" } })).status).toBe(401);
  expect((await ask("/api/runs", { headers: { cookie: "winnow_7300=secrets" } })).status).toBe(401);
  expect((await ask("/", { headers: { cookie: "winnow_7301=secret" } })).status).toBe(401);
});

test("the token becomes a cookie that scripts cannot read and other sites cannot send, and leaves the address", async () => {
  const { ask } = await openPlantedViewer(run);
  const answer = await ask("/samples/x?sort=d&token=secret", { headers: { cookie: "" } });
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe("/samples/x?sort=d");
  expect(answer.headers.get("set-cookie")).toBe("winnow_7300=secret; Path=/; HttpOnly; SameSite=Strict");
  expect((await ask("/?token=wrong")).status).toBe(401);
  expect((await ask("//evil.example/?token=secret")).headers.get("location")).toBe("/evil.example/");
});

test("a foreign Host, Origin or site is refused, whatever it holds", async () => {
  const { ask } = await openPlantedViewer(run);
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask("/api/runs", { headers })).status;
  expect(await status({ host: "evil.example:7300" })).toBe(403);
  expect(await status({ host: "127.0.0.1:7301" })).toBe(403);
  expect(await status({ origin: "http://evil.example" })).toBe(403);
  expect(await status({ origin: "null" })).toBe(403);
  expect(await status({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" })).toBe(403);
  expect(await status({ "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" })).toBe(403);
  expect(await status({ origin: "http://127.0.0.1:7300", "sec-fetch-site": "same-origin" })).toBe(200);
});

test("a change is taken from this very page alone", async () => {
  const { ask } = await openPlantedViewer(run);
  const post = (headers: Record<string, string>, body = '{"flags":{}}'): Promise<Response> =>
    ask("/api/runs/0/subset", { method: "POST", body, headers });
  expect((await post({})).status).toBe(403);
  expect((await post({ origin: "http://localhost:7300" })).status).toBe(403);
  expect((await post({ origin: "http://127.0.0.1:7300" })).status).toBe(200);
  expect((await post({ origin: "http://127.0.0.1:7300" }, '{"flags":{"out":{"a":1}}}')).status).toBe(422);
  expect((await post({ origin: "http://127.0.0.1:7300" }, "x".repeat(70_000))).status).toBe(413);
});

test("every answer carries a policy under which nothing but our own scripts can run", async () => {
  const { ask } = await openPlantedViewer(run);
  for (const path of ["/", "/api/runs", `/api/runs/0/samples/${await firstId()}/images/0`, "/nowhere"]) {
    const { headers } = await ask(path);
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("no path leads out of the run's images and the viewer's assets", async () => {
  const { ask } = await openPlantedViewer(run);
  const id = await firstId();
  const image = await ask(`/api/runs/0/samples/${id}/images/0`);
  expect(image.status).toBe(200);
  expect(image.headers.get("content-type")).toBe("image/png");
  for (const path of [
    `/api/runs/0/samples/${id}/images/1`,
    `/api/runs/0/samples/${id}/images/..%2f..%2frun.json`,
    "/api/runs/0/samples/..%2f..%2frun.json",
    "/api/runs/0/samples/%2e%2e/images/0",
    "/assets/..%2fvite.config.ts",
    "/assets/%2e%2e%2f%2e%2e%2fpackage.json",
    "/assets/..%5cindex.html",
    "/assets/main.tsx",
  ]) {
    expect([path, (await ask(path)).status]).toEqual([path, 404]);
  }
  expect((await ask("/api/runs/1/evidence")).status).toBe(422);
});

test("the run is told, with its selection and both presets", async () => {
  const { ask } = await openPlantedViewer(run);
  const [info] = (await (await ask("/api/runs")).json()) as RunInfo[];
  expect(info).toMatchObject({ name: "run", state: "done", live: false, m: 5, attention: true, rejected: 0 });
  expect(info?.selection.psiName).toBe("paper");
  expect(info?.presets.robust.options.guard).toBe(true);
});

test("rows come with their texts, a search finds them, and one sample comes with its rollouts", async () => {
  const { ask } = await openPlantedViewer(run);
  const rows = (await (await ask("/api/runs/0/rows?at=3,7,99,x")).json()) as SampleRow[];
  expect(rows.map((row) => [row.place, row.question, row.groundTruth])).toEqual([
    [3, "<image>What is 3?", "3"],
    [7, "<image>What is 7?", "7"],
  ]);
  const found = new Uint32Array(await (await ask("/api/runs/0/search?q=IS%202")).arrayBuffer());
  expect([...found]).toEqual([2, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  const quoted = new Uint32Array(await (await ask("/api/runs/0/search?q='%20OR%20true%20--")).arrayBuffer());
  expect([...quoted]).toEqual([]);
  const responses = new Uint32Array(await (await ask("/api/runs/0/search?q=boxed%7B7%7D&in=responses")).arrayBuffer());
  expect([...responses]).toEqual([7]);
  const id = (await readDecisions(run)).find((one) => one.row === 7n)?.id as string;
  const page = (await (await ask(`/api/runs/0/samples/${id}`)).json()) as SamplePage;
  expect(page).toMatchObject({ place: 7, rowId: "r7", question: { text: "<image>What is 7?", length: 17 } });
  expect(page.rollouts.filter(({ arm }) => arm === "image")).toHaveLength(5);
  expect(page.rollouts[0]?.grade?.rule).toBeTruthy();
  expect((await ask("/api/runs/0/samples/0123")).status).toBe(404);
});
