import { Rejection } from "./rejection.ts";

/** What one side says at a time. */
export interface Turn {
  readonly role: "system" | "user" | "assistant" | "tool";
  /** With one literal `<image>` where each image part stands. */
  readonly text: string;
  /** The sources that the image parts name, in order; null for a part that names none. */
  readonly images: readonly unknown[];
}

/** What a conversation asks, and what it answers where it ends in an answer. */
export interface Exchange {
  readonly question: string;
  /** The images in the order of their places; those without a source of their own come from the row's. */
  readonly images: readonly unknown[];
  readonly answer?: string;
}

const ROLES: Readonly<Record<string, Turn["role"]>> = {
  system: "system",
  developer: "system",
  user: "user",
  human: "user",
  assistant: "assistant",
  gpt: "assistant",
  model: "assistant",
  bot: "assistant",
  tool: "tool",
  observation: "tool",
  function_call: "tool",
  function_response: "tool",
};

/** Whether a value is a list of turns: objects with `role` and `content`, or `from` and `value`. */
export function isConversation(value: unknown, tags?: "role" | "from"): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((turn: unknown) => {
      if (typeof turn !== "object" || turn === null) return false;
      const asRole = tags !== "from" && "role" in turn && "content" in turn;
      const asFrom = tags !== "role" && "from" in turn && "value" in turn;
      return asRole || asFrom;
    })
  );
}

/** The turns of a conversation, or of its JSON text. Throws a `Rejection`, also for video and audio in it. */
export function readTurns(value: unknown): readonly Turn[] {
  const list = typeof value === "string" ? parseTurns(value) : value;
  if (!isConversation(list)) {
    throw new Rejection("wrong-type", "expected a conversation: a list of turns with role and content");
  }
  return (list as readonly Record<string, unknown>[]).map((turn) => {
    const name = turn.role ?? turn.from;
    const role = Object.hasOwn(ROLES, String(name)) ? ROLES[String(name)] : undefined;
    if (role === undefined) {
      const known = "system, user, human, assistant, gpt";
      throw new Rejection("wrong-type", `expected turns of ${known}; found the role ${shorten(name)}`);
    }
    return { role, ...readContent(turn.content ?? turn.value) };
  });
}

/**
 * The one question of a conversation, system text in front, and the answer that follows it where
 * one does. `rowImages` fill the places that name no image of their own, in order. Throws a
 * `Rejection("several-turns")` when there is more than one question, or anything but its answer after it.
 */
export function readExchange(turns: readonly Turn[], rowImages: readonly unknown[]): Exchange {
  const answer = turns.at(-1)?.role === "assistant" ? turns.at(-1)?.text : undefined;
  const asked = answer === undefined ? turns : turns.slice(0, -1);
  const unlike = asked.find(({ role }, index) => role !== (index === asked.length - 1 ? "user" : "system"));
  if (asked.length === 0 || unlike !== undefined) {
    const roles = turns.map(({ role }) => role).join(", ");
    throw new Rejection("several-turns", `expected one question and at most its answer; found ${shorten(roles)}`);
  }
  const rest = [...rowImages];
  const placed = asked.flatMap(({ images }) => images.map((image) => image ?? rest.shift()));
  const images = [...placed, ...rest];
  const texts = asked.map(({ text }) => text);
  // Images without a place go before what the user says, not before the system text.
  if (!texts.some((text) => /<image[ _]?\d*>/.test(text))) texts.push("<image>\n".repeat(images.length) + texts.pop());
  const question = texts.filter((text) => text !== "").join("\n\n");
  return { question, images, ...(answer === undefined ? {} : { answer }) };
}

function parseTurns(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Rejection("wrong-type", `expected a conversation as JSON; found ${shorten(text)}`);
  }
}

function readContent(content: unknown): Pick<Turn, "text" | "images"> {
  if (typeof content === "string") {
    refuseMedia(/<(video|audio)>/.exec(content)?.[1]);
    return { text: content, images: [] };
  }
  if (!Array.isArray(content)) throw new Rejection("wrong-type", "expected a turn's content as text or parts");
  const images: unknown[] = [];
  const text = content.map((part: unknown) => {
    const { type, text: words, ...more } = (typeof part === "object" && part !== null ? part : {}) as Part;
    if (type === "text" && typeof words === "string") return readContent(words).text;
    refuseMedia(/video|audio/.exec(String(type))?.[0]);
    if (type !== "image" && type !== "image_url") {
      throw new Rejection("wrong-type", `expected parts of type text or image; found ${shorten(type)}`);
    }
    images.push(sourceOf(more));
    return "<image>";
  });
  return { text: text.join(""), images };
}

/** A part of a turn's content; of a Parquet struct every member is there, most of them null. */
interface Part {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly image?: unknown;
  readonly image_url?: unknown;
  readonly url?: unknown;
  readonly path?: unknown;
}

function sourceOf({ image, image_url, url, path }: Part): unknown {
  const address =
    typeof image_url === "object" && image_url !== null ? (image_url as { url?: unknown }).url : image_url;
  return image ?? address ?? url ?? path ?? null;
}

function refuseMedia(medium: string | undefined): void {
  if (medium !== undefined) throw new Rejection(`has-${medium}`, `expected images alone; found ${medium} in a turn`);
}

function shorten(value: unknown): string {
  const text = typeof value === "string" ? value : String(JSON.stringify(value) ?? "nothing");
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
