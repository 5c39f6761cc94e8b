import { defineConfig } from "vitest/config";

/** `npm test`: everything but the slow suites, which `npm run test:slow` runs. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/slow/**"],
    reporters: ["default", "./test/count-reporter.ts"],
    // Only what hangs is ended: a busy machine is no failure.
    testTimeout: 120_000,
  },
});
