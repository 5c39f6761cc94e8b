import { expect, test } from "vitest";
import { ProgressBar } from "../../src/cli/progress-bar.ts";

function draw(isTTY: boolean): { text: () => string; bar: ProgressBar; tick: (ms: number) => void } {
  let [written, now] = ["", 0];
  const terminal = {
    isTTY,
    write: (text: string) => {
      written += text;
    },
  };
  return { text: () => written, bar: new ProgressBar(terminal, () => now), tick: (ms) => (now += ms) };
}

test("a terminal gets a bar with share, rate and time left", () => {
  const { text, bar, tick } = draw(true);
  bar.begin("image arm", 1000);
  tick(5000);
  bar.advance("image arm", 250);
  expect(text().split("\r\u001b[K").at(-1)).toBe(
    "image arm  ██████░░░░░░░░░░░░░░░░░░ 250 / 1,000  25 %  50/s  15 s left",
  );
});

test("anything else gets plain lines, one every ten seconds and one at the end", () => {
  const { text, bar, tick } = draw(false);
  bar.begin("read", 400);
  for (let step = 0; step < 4; step += 1) {
    tick(5000);
    bar.advance("read", 100);
  }
  bar.end("read");
  expect(text()).toBe(
    "read       200 / 400  50 %  20/s  10 s left\n" +
      "read       400 / 400  100 %  20/s  0 s left\n" +
      "read       400 / 400  100 %  20/s  20 s taken\n",
  );
  expect(text()).not.toContain("\u001b");
});

test("a stage that is under way may turn out to have more to do", () => {
  const { text, bar, tick } = draw(false);
  bar.begin("text arm", 100);
  tick(10_000);
  bar.extend("text arm", 100);
  bar.advance("text arm", 100);
  expect(text()).toBe("text arm   100 / 200  50 %  10/s  10 s left\n");
});

test("a stage that goes on in another wave keeps what it has done", () => {
  const { text, bar, tick } = draw(false);
  bar.begin("text arm", 100);
  bar.advance("text arm", 100);
  bar.end("text arm");
  bar.begin("text arm", 150);
  tick(1000);
  bar.advance("text arm", 50);
  bar.end("text arm");
  expect(text().trimEnd().split("\n").at(-1)).toBe("text arm   150 / 150  100 %  50/s  1 s taken");
});
