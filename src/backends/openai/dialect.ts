/** What a server was found to understand; found out on the way, then kept. */
export interface Dialect {
  /** Whether one request may ask for several responses. */
  many: boolean;
  /** What the limit of response tokens is called. */
  limit: "max_completion_tokens" | "max_tokens";
  /** Whether it returns the token ids of a response when asked. */
  tokenIds: boolean;
  /** Fields it does not know, none of which would have changed anything by its value. */
  readonly unknown: Set<string>;
  /** Fields of the first request it answered; absent until then. What it took once, it knows. */
  known?: ReadonlySet<string>;
}

/** Sampling parameters beyond OpenAI's, and the value of each that changes nothing. */
export const NEUTRAL: Readonly<Record<string, number>> = {
  // Every server takes −1 for "all of them"; 0 is refused by some.
  top_k: -1,
  min_p: 0,
  presence_penalty: 0,
  frequency_penalty: 0,
  repetition_penalty: 1,
};

/** What is taken for granted of a server until it shows otherwise. */
export function newDialect(): Dialect {
  return { many: true, limit: "max_completion_tokens", tokenIds: false, unknown: new Set() };
}

/**
 * Learns from the words of a refusal which of the fields that were sent the server does not know;
 * whether there was one, and the request is worth sending again without it. Fields that the user
 * added, and values that ask for something, are never left out.
 */
export function learnUnknown(
  dialect: Dialect,
  sent: Readonly<Record<string, unknown>>,
  reason: string,
  extra: Readonly<Record<string, unknown>>,
): boolean {
  const names = (field: string): boolean =>
    field in sent && !(field in extra) && !dialect.known?.has(field) && new RegExp(`\\b${field}\\b`).test(reason);
  if (names("return_token_ids")) dialect.tokenIds = false;
  else if (names("max_completion_tokens")) dialect.limit = "max_tokens";
  else {
    const unknown = Object.keys(NEUTRAL).filter((field) => sent[field] === NEUTRAL[field] && names(field));
    for (const field of unknown) dialect.unknown.add(field);
    return unknown.length > 0;
  }
  return true;
}

/** What a server was found to leave out, in words; absent when it understands everything. */
export function describeDialect({ many, limit, unknown }: Dialect): string | undefined {
  const found = [
    ...(many ? [] : ["takes one response a request"]),
    ...(limit === "max_tokens" ? ["takes max_tokens alone"] : []),
    ...(unknown.size > 0 ? [`does not know ${[...unknown].sort().join(", ")}, so its model's own defaults hold`] : []),
  ];
  return found.length > 0 ? found.join("; ") : undefined;
}
