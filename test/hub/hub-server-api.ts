import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  addCommit,
  type Fault,
  type HubRepo,
  type HubServer,
  LARGE,
  type SeenRequest,
  sendContent,
} from "./hub-server.ts";

interface Call {
  readonly at: SeenRequest["at"];
  readonly entry: SeenRequest;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly fault?: Fault;
}

/** Answers a request as the hub's API or its store would. */
export async function answerApi(hub: HubServer, call: Call): Promise<void> {
  const url = new URL(call.request.url ?? "/", hub.endpoint);
  const path = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  if (call.at === "store") return answerStore(hub, call, path);
  const authorized = call.entry.authorization === `Bearer ${hub.token}`;
  if (call.entry.authorization !== undefined && !authorized) {
    return refuse(call.response, 401, "", "Invalid credentials in Authorization header");
  }
  if (path.join("/") === "api/repos/create") return createRepo(hub, call, authorized);
  if (path.join("/") === "api/validate-yaml") return sendJson(call.response, { errors: [], warnings: [] });
  const isApi = path[0] === "api";
  const [kind, owner, last = "", ...rest] = isApi ? path.slice(1) : path;
  const name = `${owner}/${last.replace(/\.git$/, "")}`;
  const repo = kind === "datasets" ? hub.repos.get(name) : undefined;
  if (repo === undefined || (repo.private && !authorized)) {
    return refuse(call.response, authorized ? 404 : 401, "RepoNotFound", "Repository not found");
  }
  if (!isApi && rest[0] === "resolve") return resolve(hub, call, repo, rest.slice(1));
  if (!isApi) return answerLfs(hub, call, authorized);
  return answerDataset(hub, call, { repo, name, url, path: rest, authorized });
}

interface Asked {
  readonly repo: HubRepo;
  readonly name: string;
  readonly url: URL;
  /** What follows the dataset's name. */
  readonly path: readonly string[];
  readonly authorized: boolean;
}

function answerDataset(hub: HubServer, call: Call, { repo, name, url, path, authorized }: Asked): undefined {
  const [what, revision = "main", ...more] = path;
  if (["preupload", "commit", "branch"].includes(what ?? "") && !authorized) {
    return refuse(call.response, 403, "", "You don't have the rights");
  }
  switch (what) {
    case "preupload":
      return preupload(call);
    case "commit":
      return commit(hub, call, repo, name, revision);
    case "branch":
      if (repo.refs.has(revision)) return refuse(call.response, 409, "", "Reference already exists");
      addCommit(repo, filesAt(repo, "main") ?? new Map(), revision, "branch");
      return sendJson(call.response, {});
  }
  const files = filesAt(repo, [revision, ...more].join("/")) ?? filesAt(repo, revision);
  if (files === undefined) return refuse(call.response, 404, "RevisionNotFound", "Invalid rev id");
  const sha = repo.refs.get(revision) ?? repo.refs.get([revision, ...more].join("/")) ?? revision;
  if (what === "tree") return sendTree(hub, call, files, more.join("/"), url);
  if (what === "paths-info") {
    const { paths } = JSON.parse(call.body.toString()) as { paths: string[] };
    return sendJson(
      call.response,
      paths.flatMap((one) => (files.has(one) ? [entryOf(one, files.get(one) as Buffer)] : [])),
    );
  }
  const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
  const dates = { lastModified: "2026-11-01T00:00:00.000Z", createdAt: "2026-11-01T00:00:00.000Z" };
  sendJson(call.response, {
    _id: "1",
    id: name,
    private: repo.private,
    gated: false,
    downloads: 0,
    likes: 0,
    tags: [],
    sha,
    siblings,
    ...dates,
  });
}

function createRepo(hub: HubServer, { body, response }: Call, authorized: boolean): undefined {
  if (!authorized) return refuse(response, 401, "", "Invalid username or password.");
  const asked = JSON.parse(body.toString()) as {
    name: string;
    organization?: string;
    type: string;
    private?: boolean;
    visibility?: string;
  };
  const name = asked.organization === undefined ? asked.name : `${asked.organization}/${asked.name}`;
  if (name.startsWith("other/"))
    return refuse(response, 403, "", 'You don\'t have the rights to create a dataset under the namespace "other"');
  if (hub.repos.has(name)) return refuse(response, 409, "", "You already created this dataset repo");
  hub.put(
    name,
    { ".gitattributes": "*.parquet filter=lfs diff=lfs merge=lfs -text\n" },
    { private: asked.private ?? asked.visibility === "private" },
  );
  sendJson(response, { url: `${hub.endpoint}/datasets/${name}`, name, id: "1" });
}

function preupload({ body, response }: Call): undefined {
  const { files } = JSON.parse(body.toString()) as { files: { path: string; size: number }[] };
  sendJson(response, {
    files: files.map(({ path, size }) => ({
      path,
      uploadMode: size >= LARGE ? "lfs" : "regular",
      shouldIgnore: false,
      oid: null,
    })),
  });
}

function answerLfs(hub: HubServer, { body, response }: Call, authorized: boolean): undefined {
  if (!authorized) return refuse(response, 403, "", "You don't have the rights");
  const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
  sendJson(response, {
    transfer: "basic",
    objects: objects.map((object) => ({
      ...object,
      ...(!hub.blobs.has(object.oid) && { actions: { upload: { href: `${hub.store}/upload/${object.oid}` } } }),
    })),
  });
}

function answerStore(hub: HubServer, call: Call, [what, oid = ""]: readonly string[]): undefined {
  if (what === "upload") {
    const found = createHash("sha256").update(call.body).digest("hex");
    if (found !== oid) return refuse(call.response, 400, "", `hash is ${found}`);
    hub.blobs.set(oid, call.body);
    call.response.writeHead(200).end();
    return;
  }
  const content = hub.blobs.get(oid);
  if (content === undefined) return refuse(call.response, 404, "", "no such object");
  sendContent(content, { etag: `"${oid}"` }, call);
}

function commit(hub: HubServer, { body, response }: Call, repo: HubRepo, name: string, branch: string): undefined {
  const lines = body
    .toString()
    .split("\n")
    .map((line) => JSON.parse(line) as { key: string; value: Record<string, string> });
  const header = lines.find(({ key }) => key === "header")?.value ?? {};
  const current = filesAt(repo, branch);
  if (current === undefined) return refuse(response, 404, "RevisionNotFound", "Invalid rev id");
  if (header.parentCommit && header.parentCommit !== repo.refs.get(branch))
    return refuse(response, 412, "", "A commit has happened since");
  const files = new Map(current);
  for (const { key, value } of lines) {
    const path = value.path ?? "";
    if (key === "file") files.set(path, Buffer.from(value.content ?? "", "base64"));
    if (key === "deletedFile") files.delete(path);
    if (key === "lfsFile") {
      const content = hub.blobs.get(value.oid ?? "");
      if (content === undefined) return refuse(response, 400, "", `${path} was not uploaded`);
      files.set(path, content);
    }
  }
  const oid = addCommit(repo, files, branch, header.summary);
  sendJson(response, {
    success: true,
    commitOid: oid,
    commitUrl: `${hub.endpoint}/datasets/${name}/commit/${oid}`,
    hookOutput: "",
  });
}

function resolve(hub: HubServer, call: Call, repo: HubRepo, parts: readonly string[]): undefined {
  const split = [3, 1].find((count) => filesAt(repo, parts.slice(0, count).join("/")) !== undefined);
  if (split === undefined) return refuse(call.response, 404, "RevisionNotFound", "Invalid rev id");
  const revision = parts.slice(0, split).join("/");
  const path = parts.slice(split).join("/");
  const content = filesAt(repo, revision)?.get(path);
  const headers = { "x-repo-commit": repo.refs.get(revision) ?? revision };
  if (content === undefined) {
    call.response
      .writeHead(404, { ...headers, "x-error-code": "EntryNotFound", "x-error-message": "Entry not found" })
      .end();
    return;
  }
  const { lfs, oid } = entryOf(path, content);
  if (lfs === undefined) return sendContent(content, { ...headers, etag: `"${oid}"` }, call);
  hub.blobs.set(lfs.oid, content);
  call.response
    .writeHead(302, {
      ...headers,
      "x-linked-etag": `"${lfs.oid}"`,
      "x-linked-size": String(content.length),
      location: `${hub.store}/object/${lfs.oid}`,
    })
    .end();
}

function sendTree(
  hub: HubServer,
  { response }: Call,
  files: ReadonlyMap<string, Buffer>,
  folder: string,
  url: URL,
): undefined {
  const prefix = folder === "" ? "" : `${folder}/`;
  const inside = [...files].filter(([path]) => path.startsWith(prefix));
  const recursive = url.searchParams.get("recursive")?.toLowerCase() === "true";
  const folders = new Set<string>();
  for (const [path] of inside) {
    const parts = path.slice(prefix.length).split("/").slice(0, -1);
    for (let depth = 1; depth <= (recursive ? parts.length : Math.min(1, parts.length)); depth += 1)
      folders.add(prefix + parts.slice(0, depth).join("/"));
  }
  const own = inside.filter(([path]) => recursive || !path.slice(prefix.length).includes("/"));
  if (folder !== "" && own.length + folders.size === 0)
    return refuse(response, 404, "EntryNotFound", "Entry not found");
  const entries: object[] = [
    ...[...folders].map((path) => ({ type: "directory", oid: "0".repeat(40), size: 0, path })),
    ...own.map(([path, content]) => entryOf(path, content)),
  ];
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const next = start + hub.pageSize;
  url.searchParams.set("cursor", String(next));
  const link = next < entries.length ? { link: `<${url.href}>; rel="next"` } : {};
  sendJson(response, entries.slice(start, next), link);
}

function entryOf(
  path: string,
  content: Buffer,
): { type: "file"; path: string; size: number; oid: string; lfs?: { oid: string; size: number; pointerSize: number } } {
  const oid = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  const size = content.length;
  if (size < LARGE) return { type: "file", path, size, oid };
  const sha256 = createHash("sha256").update(content).digest("hex");
  return {
    type: "file",
    path,
    size,
    oid: createHash("sha1").update(sha256).digest("hex"),
    lfs: { oid: sha256, size, pointerSize: 130 },
  };
}

function filesAt(repo: HubRepo, revision: string): ReadonlyMap<string, Buffer> | undefined {
  return repo.commits.get(repo.refs.get(revision === "HEAD" ? "main" : revision) ?? revision);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): undefined {
  const headers = {
    ...(code && { "x-error-code": code }),
    "x-error-message": message,
    "content-type": "application/json",
  };
  response.writeHead(status, headers).end(JSON.stringify({ error: message }));
}

function sendJson(response: ServerResponse, value: unknown, headers: Readonly<Record<string, string>> = {}): undefined {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}
