/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; absent when it says neither. */
export function readRetryAfter(header: string | null, today: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\s*\d+(\.\d+)?\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - today;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
