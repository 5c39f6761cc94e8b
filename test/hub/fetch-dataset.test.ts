import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchDataset } from "../../src/hub/fetch-dataset.ts";
import { openHub, optionsFor, requestsFor } from "./open-hub.ts";

const ROWS = '{"question": "What is 1?", "answer": "1"}\n';
/** 5,000 bytes: a large file. */
const SHARD = Buffer.from(ROWS.repeat(200).slice(0, 5000));
const SHA = createHash("sha256").update(SHARD).digest("hex");

test("a dataset is downloaded at the commit its branch is at, and at that commit asks for nothing again", async () => {
  const { hub, options, cache } = await openHub();
  const commit = hub.put("team/shapes", { "README.md": "# Shapes\n", "train.jsonl": ROWS });
  const fetched = await fetchDataset("hf://datasets/team/shapes", options);
  expect(fetched.origin).toEqual({
    asked: "hf://datasets/team/shapes",
    address: `hf://datasets/team/shapes@${commit}`,
    repo: "team/shapes",
    commit,
    split: "train",
  });
  expect(fetched.files).toEqual([join(cache, "datasets--team--shapes", "snapshots", commit, "train.jsonl")]);
  expect(await readFile(fetched.files[0] as string, "utf8")).toBe(ROWS);

  const before = hub.seen.length;
  await fetchDataset(fetched.origin.address, options);
  expect(hub.seen.length).toBe(before);
});

test("the cache has the layout of Hugging Face's own tools", async () => {
  const { hub, options, cache } = await openHub();
  const commit = hub.put("team/shapes", { "data/train-00000-of-00001.jsonl": SHARD });
  await fetchDataset("hf://datasets/team/shapes@main", options);
  const folder = join(cache, "datasets--team--shapes");
  expect(await readFile(join(folder, "refs", "main"), "utf8")).toBe(commit);
  expect(await readdir(join(folder, "blobs"))).toEqual([SHA]);
  expect(await readlink(join(folder, "snapshots", commit, "data", "train-00000-of-00001.jsonl"))).toBe(
    join("..", "..", "..", "blobs", SHA),
  );
  const tree = JSON.parse(await readFile(join(folder, "trees", `${commit}.json`), "utf8"));
  expect(tree.files["data/train-00000-of-00001.jsonl"]).toMatchObject({ size: 5000, lfs_sha256: SHA, lfs_size: 5000 });
});

test("a file that Hugging Face's own tools have put into the cache is not downloaded again", async () => {
  const { hub, options, cache } = await openHub();
  const commit = hub.put("team/shapes", { "train.jsonl": SHARD });
  const folder = join(cache, "datasets--team--shapes");
  await mkdir(join(folder, "blobs"), { recursive: true });
  await mkdir(join(folder, "snapshots", commit), { recursive: true });
  await writeFile(join(folder, "blobs", SHA), SHARD);
  await symlink(join("..", "..", "blobs", SHA), join(folder, "snapshots", commit, "train.jsonl"));
  await fetchDataset("hf://datasets/team/shapes", options);
  expect(hub.seen.filter(({ url }) => url.includes("resolve"))).toEqual([]);
});

test("a content that an earlier commit had is not downloaded again", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD });
  await fetchDataset("hf://datasets/team/shapes", options);
  hub.put("team/shapes", { "train.jsonl": SHARD, LICENSE: "MIT" });
  await fetchDataset("hf://datasets/team/shapes", options);
  expect(requestsFor(hub, "/object/")).toEqual([[undefined, 5000]]);
});

test("a download that breaks off goes on with exactly the bytes that are missing", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD });
  hub.faults.push({ url: "/object/", times: 1, cut: 1200 }, { url: "/object/", times: 1, cut: 300 });
  const { files } = await fetchDataset("hf://datasets/team/shapes", options);
  expect(requestsFor(hub, "/object/")).toEqual([
    [undefined, 1200],
    ["bytes=1200-", 300],
    ["bytes=1500-", 3500],
  ]);
  expect(await readFile(files[0] as string)).toEqual(SHARD);
});

test("a download that ended for good goes on at the next try", async () => {
  const { hub, options, cache } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD });
  hub.faults.push({ url: "/object/", times: 6, cut: 100 });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow(
    /train\.jsonl: 600 of 5000 bytes came, then the download broke off 6 times .*; the same command goes on there\./,
  );
  const blobs = join(cache, "datasets--team--shapes", "blobs");
  expect((await readdir(blobs))[0]).toMatch(new RegExp(`^${SHA}\\..*\\.partial$`));
  await fetchDataset("hf://datasets/team/shapes", options);
  expect(requestsFor(hub, "/object/").at(-1)).toEqual(["bytes=600-", 4400]);
  expect(await readdir(blobs)).toEqual([SHA]);
});

test("what a killed process left of a download is taken over, and what a living one has is let alone", async () => {
  const { hub, options, cache } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD });
  const blobs = join(cache, "datasets--team--shapes", "blobs");
  await mkdir(blobs, { recursive: true });
  const host = hostname()
    .replace(/[^\w-]/g, "-")
    .slice(0, 60);
  // No process has the first number, and the process that started this one has the second.
  await writeFile(join(blobs, `${SHA}.${host}-4194999.partial`), SHARD.subarray(0, 2000));
  const living = `${SHA}.${host}-${process.ppid}.partial`;
  await writeFile(join(blobs, living), SHARD.subarray(0, 3000));
  await fetchDataset("hf://datasets/team/shapes", options);
  expect(requestsFor(hub, "/object/")).toEqual([["bytes=2000-", 3000]]);
  expect(await readdir(blobs)).toEqual([SHA, living]);
});

test("content with another hash than the hub lists is asked for once more, and never has its name", async () => {
  const { hub, options, cache } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD, "small.jsonl": ROWS });
  hub.faults.push({ url: "/object/", times: 1, corrupt: true });
  await fetchDataset("hf://datasets/team/shapes/train.jsonl", options);
  expect(requestsFor(hub, "/object/")).toEqual([
    [undefined, 5000],
    [undefined, 5000],
  ]);
  hub.faults.push({ url: "small.jsonl", times: 2, corrupt: true });
  await expect(fetchDataset("hf://datasets/team/shapes/small.jsonl", options)).rejects.toThrow(
    /small\.jsonl: expected content with the hash [0-9a-f]{40}, as the hub lists; twice found [0-9a-f]{40}\./,
  );
  expect(await readdir(join(cache, "datasets--team--shapes", "blobs"))).toEqual([SHA]);
});

test("a server that knows no ranges sends the whole file again", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "small.jsonl": ROWS });
  const body = ROWS;
  hub.faults.push({ url: "small.jsonl", times: 1, cut: 10 }, { url: "small.jsonl", times: 1, status: 200, body });
  const { files } = await fetchDataset("hf://datasets/team/shapes/small.jsonl", options);
  expect(await readFile(files[0] as string, "utf8")).toBe(ROWS);
});

test("more bytes than the hub lists are refused", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "small.jsonl": ROWS });
  hub.faults.push({ url: "small.jsonl", times: 1, status: 200, body: `${ROWS}x` });
  await expect(fetchDataset("hf://datasets/team/shapes/small.jsonl", options)).rejects.toThrow(
    `small.jsonl: expected ${ROWS.length} bytes, as the hub lists; more came.`,
  );
});

test("429, 500 and 503 are waited out, as long as the hub asks for", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": ROWS });
  hub.faults.push({ url: "resolve", times: 1, status: 429, headers: { "retry-after": "40" } });
  hub.faults.push({ url: "tree", times: 2, status: 503 }, { url: "revision", times: 1, status: 500 });
  await fetchDataset("hf://datasets/team/shapes", options);
  const clock = options.timing?.clock;
  // 40 s as asked, and a half to one of 500, 500 and 1,000 ms.
  expect(clock?.now()).toBe(40_000 + 375 + 375 + 750);
});

test("a hub that goes on failing, or asking for patience, ends in one sentence", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": ROWS });
  const fault = { url: "revision", times: 6, status: 500 };
  hub.faults.push(fault);
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow("The hub failed with status 500");
  expect(fault.times).toBe(0);
  hub.faults.push({ url: "revision", times: 6, status: 429 });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow("asks for fewer requests");
});

test("the token goes to the hub, and not to the store that it redirects to", async () => {
  const { hub, options } = await openHub({ HF_TOKEN: "hf_testtoken" });
  hub.put("team/shapes", { "train.jsonl": SHARD }, { private: true });
  await fetchDataset("hf://datasets/team/shapes", options);
  const sent = (at: string) => new Set(hub.seen.filter((one) => one.at === at).map((one) => one.authorization));
  expect(sent("hub")).toEqual(new Set(["Bearer hf_testtoken"]));
  expect(sent("store")).toEqual(new Set([undefined]));
});

test("a listing's next page on another host is read without the token", async () => {
  const { hub, options } = await openHub({ HF_TOKEN: "hf_testtoken" });
  hub.put("team/shapes", { "train.jsonl": ROWS });
  hub.faults.push({
    url: "/tree/",
    times: 1,
    status: 200,
    headers: { link: `<${hub.store}/api/next>; rel="next"`, "content-type": "application/json" },
    body: "[]",
  });
  hub.faults.push({ url: "/api/next", times: 1, status: 200, body: "[]" });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow("found none that can be read");
  expect(hub.seen.find(({ url }) => url === "/api/next")?.authorization).toBeUndefined();
});

test.each([
  [
    "missing/shapes",
    {},
    "hf://datasets/missing/shapes was not found at HUB: check its name; log in with `hf auth login` or set HF_TOKEN if it is private.",
  ],
  [
    "missing/shapes",
    { HF_TOKEN: "hf_testtoken" },
    "hf://datasets/missing/shapes was not found at HUB: check its name; the token from HF_TOKEN sees no such dataset.",
  ],
  [
    "team/secret",
    {},
    "hf://datasets/team/secret was not found at HUB: check its name; log in with `hf auth login` or set HF_TOKEN if it is private.",
  ],
  [
    "team/shapes",
    { HF_TOKEN: "hf_stale" },
    "The hub does not take the token from HF_TOKEN (the hub says: Invalid credentials in Authorization header): renew it, or unset it for public datasets.",
  ],
  ["team/shapes@v2", {}, "hf://datasets/team/shapes has no branch, tag or commit `v2`."],
] as const)("%s is refused in one sentence with %o", async (repo, environment, sentence) => {
  const { hub, options } = await openHub(environment);
  hub.put("team/shapes", { "train.jsonl": ROWS });
  hub.put("team/secret", { "train.jsonl": ROWS }, { private: true });
  await expect(fetchDataset(`hf://datasets/${repo}`, options)).rejects.toThrow(sentence.replace("HUB", hub.endpoint));
});

test("a gated dataset says where its terms are, and a forbidden one which right is missing", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": ROWS });
  hub.faults.push({ url: "resolve", times: 1, status: 401, headers: { "x-error-code": "GatedRepo" } });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow(
    `hf://datasets/team/shapes is gated: accept its terms at ${hub.endpoint}/datasets/team/shapes, and log in with`,
  );
  hub.faults.push({ url: "resolve", times: 1, status: 403, body: '{"error": "no   read\\nright"}' });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow(
    "The hub does not allow this on hf://datasets/team/shapes (the hub says: no read right)",
  );
});

test("a hub that echoes the token does not get it into a message", async () => {
  const { hub, options } = await openHub({ HF_TOKEN: "hf_testtoken" });
  hub.put("team/shapes", { "train.jsonl": ROWS });
  hub.faults.push({ url: "revision", times: 1, status: 400, body: "bad request: Bearer hf_testtoken" });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow("bad request: Bearer [key]");
});

test("paths that lead out of the cache are refused before anything is asked for", async () => {
  const { hub, options } = await openHub();
  for (const name of ["../../../../train.jsonl", "/etc/train.jsonl", "a\\..\\train.jsonl", "a//train.jsonl"]) {
    hub.repos.clear();
    hub.put("team/shapes", { [name]: SHARD });
    await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow(
      "expected paths within the dataset",
    );
  }
  expect(requestsFor(hub, "resolve")).toEqual([]);
});

test("what a listing calls a hash has to be one, since files are named by it", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": ROWS });
  const entry = { type: "file", path: "train.jsonl", size: 5, oid: "../../../evil" };
  const headers = { "content-type": "application/json" };
  hub.faults.push({ url: "/tree/", times: 1, status: 200, headers, body: JSON.stringify([entry]) });
  await expect(fetchDataset("hf://datasets/team/shapes", options)).rejects.toThrow(
    "expected every file with size and hash",
  );
});

test("a listing of several pages is read whole", async () => {
  const { hub, options } = await openHub();
  hub.pageSize = 2;
  hub.put(
    "team/shapes",
    Object.fromEntries([...Array(7).keys()].map((shard) => [`data/train-0000${shard}-of-00007.jsonl`, ROWS])),
  );
  const { files } = await fetchDataset("hf://datasets/team/shapes", options);
  expect(files.length).toBe(7);
  // A folder and seven files, two a page; equal contents are downloaded once.
  expect(requestsFor(hub, "/tree/").length).toBe(4);
  expect(requestsFor(hub, "/resolve/").length).toBe(1);
});

test("HF_HUB_OFFLINE asks nobody: what is in the cache is used, what is not is named", async () => {
  const { hub, options, cache } = await openHub();
  const commit = hub.put("team/shapes", { "train.jsonl": SHARD, "test.jsonl": ROWS });
  await fetchDataset("hf://datasets/team/shapes/train.jsonl", options);
  const before = hub.seen.length;
  const offline = await optionsFor({ HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "1" });
  const { origin } = await fetchDataset("hf://datasets/team/shapes/train.jsonl", offline);
  expect(origin.commit).toBe(commit);
  await expect(fetchDataset("hf://datasets/team/shapes/test.jsonl", offline)).rejects.toThrow(
    /test\.jsonl is not in the cache .* HF_HUB_OFFLINE/,
  );
  await expect(fetchDataset("hf://datasets/team/shapes@v2", offline)).rejects.toThrow("`v2` is not in the cache");
  expect(hub.seen.length).toBe(before);
});

test("HF_HUB_OFFLINE reads what Hugging Face's own tools have downloaded, who list no files", async () => {
  const { hub, options, cache } = await openHub();
  const commit = hub.put("team/shapes", { "train.jsonl": SHARD });
  const online = await fetchDataset("hf://datasets/team/shapes", options);
  await rm(join(cache, "datasets--team--shapes", "trees"), { recursive: true });
  const offline = await optionsFor({ HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "yes" });
  const fetched = await fetchDataset("hf://datasets/team/shapes", offline);
  expect(fetched.origin.commit).toBe(commit);
  expect(fetched.contents).toEqual(online.contents);
});

test("images beside rows that refer to files are brought at once, and others when they are named", async () => {
  const { hub, options, cache } = await openHub();
  const commit = hub.put("team/shapes", { "train.jsonl": ROWS, "images/1.png": SHARD, "other/2.bin": ROWS });
  const images = join(cache, "datasets--team--shapes", "snapshots", commit, "images", "1.png");
  const { ensure } = await fetchDataset("hf://datasets/team/shapes", options);
  await expect(lstat(images)).rejects.toThrow("ENOENT");
  await ensure("images/1.png");
  await ensure("images/none.png");
  expect(await readFile(images)).toEqual(SHARD);

  const second = await openHub();
  second.hub.put("team/shapes", { "train.jsonl": ROWS, "images/1.png": SHARD, "other/2.bin": ROWS });
  await fetchDataset("hf://datasets/team/shapes", { ...second.options, wantsImages: () => true });
  expect(requestsFor(second.hub, "/object/")).toEqual([[undefined, 5000]]);
  expect(requestsFor(second.hub, "2.bin")).toEqual([]);
});

test("progress adds up to the bytes there are, also where some had to come again", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD, "small.jsonl": ROWS });
  hub.faults.push({ url: "/object/", times: 1, cut: 700 }, { url: "/object/", times: 1, corrupt: true });
  let [total, done] = [0, 0];
  const progress = {
    begin: (bytes: number) => (total += bytes),
    advance: (bytes: number) => (done += bytes),
    end() {},
  };
  await fetchDataset("hf://datasets/team/shapes/*.jsonl", { ...options, progress });
  expect([total, done]).toEqual([5000 + ROWS.length, 5000 + ROWS.length]);
});

test("an aborted download stops, and keeps what it has", async () => {
  const { hub, options, cache } = await openHub();
  hub.put("team/shapes", { "train.jsonl": SHARD });
  hub.faults.push({ url: "/object/", times: 1, cut: 400 });
  const stop = new AbortController();
  const progress = { begin() {}, advance: (bytes: number) => void (bytes > 0 && stop.abort()), end() {} };
  await expect(
    fetchDataset("hf://datasets/team/shapes", { ...options, progress, signal: stop.signal }),
  ).rejects.toThrow();
  expect((await readdir(join(cache, "datasets--team--shapes", "blobs")))[0]).toMatch(/\.partial$/);
});

test("an empty file needs no request, and two names of one content need one", async () => {
  const { hub, options } = await openHub();
  hub.put("team/shapes", { "a.jsonl": "", "b.jsonl": ROWS, "c.jsonl": ROWS });
  const { files } = await fetchDataset("hf://datasets/team/shapes/*.jsonl", options);
  expect(await Promise.all(files.map((file) => readFile(file, "utf8")))).toEqual(["", ROWS, ROWS]);
  expect(requestsFor(hub, "resolve").length).toBe(1);
});
