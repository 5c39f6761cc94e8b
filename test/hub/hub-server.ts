import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerApi } from "./hub-server-api.ts";

/** A dataset on the test hub: its branches, each a commit, and what every commit holds. */
export interface HubRepo {
  private: boolean;
  readonly refs: Map<string, string>;
  readonly commits: Map<string, ReadonlyMap<string, Buffer>>;
  /** Titles of the commits, oldest first. */
  readonly titles: string[];
}

/** One request, as it came in. */
export interface SeenRequest {
  readonly at: "hub" | "store";
  readonly method: string;
  readonly url: string;
  readonly authorization?: string;
  readonly range?: string;
  /** Bytes of the body that were sent back. */
  sent: number;
}

/** What a request is answered with in place of the right answer. */
export interface Fault {
  /** The request's address has this in it. */
  readonly url: string;
  /** How many requests it spoils. */
  times: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection breaks after so many bytes of the body. */
  readonly cut?: number;
  /** The first byte of the body is another. */
  readonly corrupt?: boolean;
}

/** A hub on two ports of loopback: its own, and that of the store which large files are redirected to. */
export interface HubServer {
  readonly endpoint: string;
  readonly store: string;
  readonly repos: Map<string, HubRepo>;
  readonly blobs: Map<string, Buffer>;
  readonly seen: SeenRequest[];
  readonly faults: Fault[];
  /** Only who has it may read private datasets, and write. */
  readonly token: string;
  /** Files on one page of a listing. */
  pageSize: number;
  /** Makes a dataset, or a new commit of it, and returns the commit. */
  put(
    repo: string,
    files: Readonly<Record<string, string | Buffer>>,
    options?: { private?: boolean; branch?: string },
  ): string;
  close(): Promise<void>;
}

/** Files of so many bytes or more are large: SHA-256 names them, and they are in the store. */
export const LARGE = 1000;

/** Starts a hub that speaks as huggingface.co does to @huggingface/hub and to Python's huggingface_hub. */
export async function startHub(): Promise<HubServer> {
  const servers: Server[] = [];
  const listen = async (
    handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): Promise<string> => {
    const server = createServer((request, response) => {
      handle(request, response).catch((error) => response.destroy(error as Error));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `${(server.address() as AddressInfo).port}`;
  };
  const hub = {
    repos: new Map<string, HubRepo>(),
    blobs: new Map<string, Buffer>(),
    seen: [] as SeenRequest[],
    faults: [] as Fault[],
    token: "hf_testtoken",
    pageSize: 1000,
    endpoint: "",
    store: "",
    put,
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  function put(
    name: string,
    files: Readonly<Record<string, string | Buffer>>,
    options: { private?: boolean; branch?: string } = {},
  ): string {
    const repo = hub.repos.get(name) ?? { private: false, refs: new Map(), commits: new Map(), titles: [] };
    hub.repos.set(name, repo);
    repo.private = options.private ?? repo.private;
    return addCommit(
      repo,
      new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])),
      options.branch,
    );
  }
  const serve = (at: SeenRequest["at"]) => async (request: IncomingMessage, response: ServerResponse) => {
    const entry: SeenRequest = {
      at,
      method: request.method ?? "GET",
      url: request.url ?? "/",
      ...(request.headers.authorization && { authorization: request.headers.authorization }),
      ...(request.headers.range && { range: request.headers.range }),
      sent: 0,
    };
    hub.seen.push(entry);
    const fault = hub.faults.find((one) => one.times > 0 && entry.url.includes(one.url));
    if (fault !== undefined) fault.times -= 1;
    const body = await readBody(request);
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, { ...fault.headers }).end(fault.body ?? "");
      return;
    }
    await answerApi(hub, { at, entry, request, response, body, ...(fault && { fault }) });
  };
  hub.endpoint = `http://127.0.0.1:${await listen(serve("hub"))}`;
  // Another host by name: Hugging Face's own tools take every port of the hub's host for the hub.
  hub.store = `http://localhost:${await listen(serve("store"))}`;
  return hub;
}

/** Adds a commit to a branch; its name goes by what it holds. */
export function addCommit(
  repo: HubRepo,
  files: ReadonlyMap<string, Buffer>,
  branch = "main",
  title = "commit",
): string {
  const hash = createHash("sha1").update(`${branch}${repo.commits.size}`);
  for (const [path, content] of files) hash.update(`${path}\0`).update(content);
  const commit = hash.digest("hex");
  repo.commits.set(commit, files);
  repo.refs.set(branch, commit);
  repo.titles.push(title);
  return commit;
}

/** Sends a body, or the range of it that was asked for, with the fault that it is to have. */
export function sendContent(
  content: Buffer,
  headers: Readonly<Record<string, string>>,
  {
    entry,
    request,
    response,
    fault,
  }: { entry: SeenRequest; request: IncomingMessage; response: ServerResponse; fault?: Fault },
): undefined {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  if (start >= content.length && from !== undefined) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  const end = to ? Math.min(Number(to) + 1, content.length) : content.length;
  const part = Buffer.from(content.subarray(start, end));
  if (fault?.corrupt && part.length > 0) part[0] = (part[0] as number) ^ 0xff;
  const range = from === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${content.length}` };
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    ...range,
    "content-length": String(part.length),
    "accept-ranges": "bytes",
  });
  if (request.method === "HEAD") {
    response.end();
  } else if (fault?.cut !== undefined && fault.cut < part.length) {
    entry.sent = fault.cut;
    response.write(part.subarray(0, fault.cut), () => setImmediate(() => response.destroy()));
  } else {
    entry.sent = part.length;
    response.end(part);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
