import { defineConfig } from "vitest/config";

/** `npm run test:slow`: crash, resume and real-data suites. */
export default defineConfig({
  test: {
    include: ["test/slow/**/*.test.ts"],
    reporters: ["default", "./test/count-reporter.ts"],
    testTimeout: 900_000,
    expect: { poll: { timeout: 20_000 } },
    fileParallelism: false,
  },
});
