#!/usr/bin/env node
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);
const main = new URL("dist/cli/main.js", root);

// A fresh checkout has no dist/ yet: build it once, so that `npx winnow` works right after `npm ci`.
if (!existsSync(main)) {
  const compiler = new URL("node_modules/typescript/bin/tsc", root);
  const build = spawnSync(process.execPath, [fileURLToPath(compiler), "-p", "tsconfig.build.json"], {
    cwd: fileURLToPath(root),
    stdio: ["ignore", 2, 2],
  });
  if (build.status !== 0) {
    process.stderr.write(
      "winnow: dist/ is missing and could not be built; run `npm ci && npm run build` in the checkout.\n",
    );
    process.exit(1);
  }
}

const { main: run } = await import(main.href);
process.exitCode = await run(process.argv.slice(2));
