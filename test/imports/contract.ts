import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LoggedResponse, LogLayout } from "../../src/imports/log-layout.ts";
import { findLogLayout, readLog } from "../../src/imports/read-log.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A log in one layout, as its tool writes it, and what is to be read from it. */
export interface LogFixture {
  readonly layout: LogLayout;
  /** Name of the file as the tool gives it. */
  readonly file: string;
  /** Text of the file, or something that writes it. */
  readonly content: string | ((path: string) => Promise<void>);
  readonly expected: readonly LoggedResponse[];
}

export async function writeLog({ file, content }: Pick<LogFixture, "file" | "content">): Promise<string> {
  const path = join(await temporaryFolder(), file);
  if (typeof content === "string") await writeFile(path, content);
  else await content(path);
  return path;
}

export async function collectLog(path: string, layout: LogLayout, scoreField?: string): Promise<LoggedResponse[]> {
  const found: LoggedResponse[] = [];
  for await (const entry of readLog(path, layout, scoreField)) if ("logged" in entry) found.push(entry.logged);
  return found;
}

/** What every log layout promises (src/imports/log-layout.ts). */
export function testLogLayout(fixture: LogFixture): void {
  const { layout } = fixture;

  test(`${layout.name} is recognised by its first record, and by nothing before it in the list`, async () => {
    expect((await findLogLayout(await writeLog(fixture)))?.name).toBe(layout.name);
  });

  test(`${layout.name} gives every response in order, and leaves absent what the log does not say`, async () => {
    expect(await collectLog(await writeLog(fixture), layout)).toEqual(fixture.expected);
  });

  test(`${layout.name} reads records of the wrong types without throwing`, () => {
    const names = [
      "input",
      "output",
      "score",
      "gts",
      "prompt",
      "completion",
      "responses",
      "reward",
      "onlyid",
      "answer",
    ];
    const more = ["custom_id", "response", "error", "messages", "doc_id", "resps", "metadata", "id", "usage", "step"];
    for (const value of [null, 7, "text", true, [], [null], [[1]], {}, { body: 3 }, { rollout_results: 4 }]) {
      const record = Object.fromEntries([...names, ...more].map((name) => [name, value]));
      layout.recognises(record, { file: "a.json", text: false });
      expect(() => [...layout.read(record, { file: "a.json", row: 0, scoreField: "score.acc" })]).not.toThrow();
      expect(() => [...layout.read({}, { file: "a.json", row: 0 })]).not.toThrow();
    }
  });
}
