import type { LogRecord } from "./log-layout.ts";

const FIELD = /^\[(prompt|output|ground_truth|score)\] ?/;
const SCORE = /^\[score\] (-?[\d.]+(?:e[-+]?\d+)?|nan|True|False)\s*$/i;

/**
 * Blocks of `[prompt]`, `[output]`, `[ground_truth]`, `[score]`, each field over one or more
 * lines. Nothing is escaped there: a block ends at a score that another prompt or the end of the
 * file follows, and its ground truth is the last one in it, whatever the response quotes.
 */
export async function* readTextBlocks(lines: AsyncIterable<string>): AsyncGenerator<LogRecord> {
  let block: string[] = [];
  for await (const line of lines) {
    if (line.startsWith("[prompt]") && block.some((earlier) => SCORE.test(earlier))) {
      yield readBlock(block);
      block = [];
    }
    block.push(line);
  }
  if (block.length > 0) yield readBlock(block);
}

function readBlock(lines: readonly string[]): LogRecord {
  const score = lines.findLastIndex((line) => SCORE.test(line));
  const gold = lines
    .slice(0, score === -1 ? undefined : score)
    .findLastIndex((line) => line.startsWith("[ground_truth]"));
  const output = lines.findIndex((line) => line.startsWith("[output]"));
  const text = (from: number, to: number): string | undefined =>
    from === -1 || to < from ? undefined : lines.slice(from, to).join("\n").replace(FIELD, "");
  if (!lines[0]?.startsWith("[prompt]")) return {};
  const end = score === -1 ? lines.length : score;
  return {
    prompt: text(0, output === -1 ? lines.length : output),
    output: text(output, gold === -1 ? end : gold),
    ground_truth: text(gold, end),
    score: SCORE.exec(lines[score] ?? "")?.[1]
      ?.replace(/^true$/i, "1")
      .replace(/^false$/i, "0"),
  };
}
