import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { defineConfig } from "vitepress";

const DOCS = resolve(import.meta.dirname, "../../docs");

/** Sections of the sidebar in reading order: the folder of `docs/`, and its pages that come first. */
const SECTIONS = [
  { text: "Start", folder: "", first: ["index", "quick-start", "glossary"] },
  { text: "Method", folder: "method", first: ["index", "cde", "ace", "drm", "lazy-protocol", "uncertainty"] },
  { text: "Recipes", folder: "recipes", first: [] },
  { text: "Formats", folder: "formats", first: [] },
  { text: "Backends", folder: "backends", first: [] },
  { text: "Attention", folder: "attention", first: [] },
  { text: "Selectors", folder: "selectors", first: ["index", "rap"] },
  { text: "Imports", folder: "imports", first: ["index"] },
  { text: "Reference", folder: "reference", first: ["commands"] },
] as const;

/** The pages of a folder by their headings, the named ones first, the rest by name. */
function listPages(folder: string, first: readonly string[]): { text: string; link: string }[] {
  const path = join(DOCS, folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path)
    .filter((name) => name.endsWith(".md"))
    .map((name) => basename(name, ".md"));
  const rest = names.filter((name) => !first.includes(name)).sort();
  return [...first.filter((name) => names.includes(name)), ...rest].map((name) => {
    const heading = /^# (.+)$/m.exec(readFileSync(join(path, `${name}.md`), "utf8"))?.[1] ?? name;
    return { text: heading.replaceAll("`", ""), link: `/${folder === "" ? "" : `${folder}/`}${name}` };
  });
}

/** The documentation site: every page of `docs/`, as it is there. Raw HTML is text, so no page can carry a script. */
export default defineConfig({
  title: "Winnow",
  description: "Which samples are worth training a multi-modal model on.",
  lang: "en",
  srcDir: "./docs",
  outDir: "./dist",
  cleanUrls: false,
  markdown: {
    html: false,
    math: true,
    config(markdown) {
      // Pages of the repository outside docs/ are not on the site: their links become plain text.
      markdown.core.ruler.push("outside", ({ tokens, env }) => {
        const folder = resolve(DOCS, env.relativePath ?? "", "..");
        const leads = (href: string) => /^[a-z]+:|^#/.test(href) || resolve(folder, href).startsWith(DOCS);
        for (const token of tokens) {
          let outside = false;
          token.children = (token.children ?? []).filter((child) => {
            if (child.type === "link_open") outside = !leads(child.attrGet("href") ?? "");
            const dropped = outside && child.type.startsWith("link_");
            if (child.type === "link_close") outside = false;
            return !dropped;
          });
        }
      });
    },
  },
  themeConfig: {
    outline: [2, 3],
    search: { provider: "local" },
    sidebar: SECTIONS.map(({ text, folder, first }) => ({ text, items: listPages(folder, first) })).filter(
      ({ items }) => items.length > 0,
    ),
  },
  vite: {
    publicDir: false,
    // site/docs is a link to docs/, so that its pages find the packages that are installed here.
    resolve: { preserveSymlinks: true },
  },
});
