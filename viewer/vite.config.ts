import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** The selectors hash ids with Node's SHA-256; in the browser the same hash comes from elsewhere. */
function hashInBrowser(): Plugin {
  const inNode = fileURLToPath(new URL("../src/lib/hash-text.ts", import.meta.url));
  const inBrowser = fileURLToPath(new URL("./src/hash-text.ts", import.meta.url));
  return {
    name: "hash-in-browser",
    enforce: "pre",
    resolveId: (source, importer) =>
      importer !== undefined && resolve(dirname(importer), source) === inNode ? inBrowser : undefined,
  };
}

/** The viewer as static files in `dist/viewer`, which the package ships. */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [hashInBrowser()],
  worker: { format: "es", plugins: () => [hashInBrowser()] },
  build: {
    outDir: fileURLToPath(new URL("../dist/viewer", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The page's security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
});
