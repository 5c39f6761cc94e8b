import { afterEach, beforeEach, vi } from "vitest";

/** What the command line printed in the test that runs. */
export const printed: { out: string; err: string } = { out: "", err: "" };

/** Keeps what every test of this file prints in `printed`, in place of the terminal. */
export function capturePrinted(): void {
  beforeEach(() => {
    for (const [name, stream] of [
      ["out", process.stdout],
      ["err", process.stderr],
    ] as const) {
      printed[name] = "";
      vi.spyOn(stream, "write").mockImplementation((text) => {
        printed[name] += text;
        return true;
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());
}
