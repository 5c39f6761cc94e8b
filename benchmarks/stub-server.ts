import { createServer, type Socket } from "node:net";

/**
 * An OpenAI-compatible server that only counts bytes, run as a process of its own: it finds the end of a
 * request by its Content-Length, answers `n` equal responses `DELAY` milliseconds later, and prints its
 * port. It ends with its standard input.
 */
const DELAY = 50;
const TICK = 5;
/** Characters of one response: some 150 tokens of reasoning and an answer. */
const RESPONSE = `${"The blue square is to the left of the circle. ".repeat(13)}\\boxed{B}`;
/** Bytes of a body above which it holds an image. */
const IMAGE = 10_000;

/** Bytes still to come of the request that is being read, and its end so far. */
interface Reading {
  left: number;
  length: number;
  tail: string;
}

const waiting: { readonly due: number; readonly socket: Socket; readonly reply: Buffer }[] = [];
const replies = new Map<string, Buffer>();
const models = toReply({ object: "list", data: [{ id: "stub", object: "model", owned_by: "stub" }] });

function toReply(body: unknown): Buffer {
  const text = JSON.stringify(body);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`;
  return Buffer.from(head + text);
}

function completionOf(n: number, image: boolean): Buffer {
  const key = `${n} ${image}`;
  const known = replies.get(key);
  if (known !== undefined) return known;
  const reply = toReply({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "stub",
    choices: Array.from({ length: n }, (_, index) => ({
      index,
      message: { role: "assistant", content: `${index}: ${RESPONSE}` },
      logprobs: null,
      finish_reason: "stop",
    })),
    usage: { prompt_tokens: image ? 840 : 40, completion_tokens: 150 * n, total_tokens: 150 * n + (image ? 840 : 40) },
  });
  replies.set(key, reply);
  return reply;
}

function read(socket: Socket, reading: Reading, chunk: Buffer): void {
  let rest = chunk;
  while (rest.length > 0) {
    if (reading.left === 0) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) throw new Error("expected a request's head in one piece");
      const head = rest.toString("latin1", 0, end);
      reading.length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      reading.left = reading.length;
      rest = rest.subarray(end + 4);
      if (reading.left === 0) socket.write(models);
    }
    const taken = Math.min(rest.length, reading.left);
    if (taken === 0) continue;
    reading.left -= taken;
    reading.tail = (reading.tail + rest.toString("latin1", Math.max(0, taken - 512), taken)).slice(-512);
    rest = rest.subarray(taken);
    if (reading.left > 0) continue;
    const n = Number(/"n": ?(\d+)/.exec(reading.tail)?.[1] ?? 1);
    waiting.push({ due: performance.now() + DELAY, socket, reply: completionOf(n, reading.length > IMAGE) });
  }
}

setInterval(() => {
  const now = performance.now();
  const due = waiting.findIndex((one) => one.due > now);
  for (const { socket, reply } of waiting.splice(0, due < 0 ? waiting.length : due)) socket.write(reply);
}, TICK);

const server = createServer({ noDelay: true }, (socket) => {
  const reading: Reading = { left: 0, length: 0, tail: "" };
  socket.on("data", (chunk) => read(socket, reading, chunk));
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as { port: number }).port));
process.stdin.on("end", () => process.exit()).resume();
