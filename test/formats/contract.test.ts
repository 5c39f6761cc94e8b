import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import { decompress } from "fzstd";
import { temporaryFolder } from "../temporary-folder.ts";
import { describeFormat, type FixtureRow, type FormatFixture } from "./contract.ts";
import { blob, sql } from "./database.ts";
import { asBytes, asDataUri, asPath, base64, type Encode, saveImage, toObjects } from "./encode-rows.ts";

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

function parquet(
  name: string,
  image: (row: FixtureRow, folder: string) => Promise<string>,
  options = "",
): FormatFixture {
  return {
    name: `parquet, ${name}`,
    async write(folder, rows) {
      const file = path.join(folder, "train.parquet");
      const values = [];
      for (const row of rows) {
        const extra = `${Number(row.answer)}::UTINYINT, [NULL, ${row.answer}]::SMALLINT[], 'nan'::DOUBLE`;
        values.push(
          `(${text(row.id)}, ${text(row.question)}, ${text(row.answer)}, ${await image(row, folder)}, ${extra})`,
        );
      }
      await sql(
        `COPY (SELECT * FROM (VALUES ${values.join(", ")}) AS t(id, problem, answer, images, small, list, nan))
         TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 5 ${options})`,
      );
      return file;
    },
    values: async (file) => await sql(`SELECT * FROM read_parquet('${file}')`),
  };
}

function lines(name: string, encode: Encode, { file = "data.jsonl", feed = "\n", start = "" } = {}): FormatFixture {
  return {
    name: `JSON lines, ${name}`,
    async write(folder, rows) {
      const target = path.join(folder, file);
      await writeFile(target, start + (await toObjects(rows, folder, encode)).join(feed));
      return target;
    },
    async values(target) {
      const content = (await readFile(target, "utf8")).replace(/^\uFEFF/, "");
      return content
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as unknown);
    },
  };
}

/** The metadata of an image folder beside its images, as `datasets` loads it. */
const imageFolders: readonly FormatFixture[] = [
  {
    ...lines("", asPath),
    name: "image folder, metadata.jsonl",
    async write(folder, rows) {
      const target = path.join(folder, "metadata.jsonl");
      const objects = await toObjects(rows, folder, asPath);
      await writeFile(target, `${objects.join("\n").replaceAll('"image":', '"file_name":')}\n`);
      return target;
    },
  },
  {
    name: "image folder, metadata.csv",
    async write(folder, rows) {
      const lines = ["file_name,id,question,answer"];
      for (const row of rows) {
        lines.push(
          `${(await asPath(row, folder)) ?? ""},${row.id},"${row.question.replaceAll('"', '""')}",${row.answer}`,
        );
      }
      await writeFile(path.join(folder, "metadata.csv"), `${lines.join("\n")}\n`);
      return path.join(folder, "metadata.csv");
    },
    values: async (file) =>
      await sql(`SELECT * FROM read_csv('${file}', header=true, all_varchar=true, delim=',', quote='"')`),
  },
  {
    name: "image folder, metadata.parquet, a list of file names",
    async write(folder, rows) {
      const file = path.join(folder, "metadata.parquet");
      const values = [];
      for (const row of rows) {
        const name = await saveImage(row, folder);
        const names = name === undefined ? "[]::VARCHAR[]" : `[${text(name)}]`;
        values.push(`(${text(row.id)}, ${text(row.question)}, ${text(row.answer)}, ${names})`);
      }
      await sql(
        `COPY (SELECT * FROM (VALUES ${values.join(", ")}) AS t(id, problem, answer, file_names)) TO '${file}' (FORMAT parquet)`,
      );
      return file;
    },
    values: async (file) => await sql(`SELECT * FROM read_parquet('${file}')`),
  },
];

/** Members as `tar` packs them: of a row its picture and its JSON. */
function tar(name: string, flags: readonly string[], prefix = ""): FormatFixture {
  return {
    name: `WebDataset, ${name}`,
    async write(folder, rows) {
      const source = await temporaryFolder();
      await mkdir(path.join(source, prefix), { recursive: true });
      const names: string[] = [];
      const objects = await toObjects(rows, source, async () => null);
      for (const [index, { id, image }] of rows.entries()) {
        const key = `${prefix}${id}`;
        if (image !== undefined) await writeFile(path.join(source, `${key}.png`), image);
        await writeFile(path.join(source, `${key}.json`), objects[index]?.replace(', "image": null', "") ?? "");
        names.push(...(image === undefined ? [] : [`${key}.png`]), `${key}.json`);
      }
      const target = path.join(folder, "train-000000.tar");
      execFileSync("tar", [...flags, "-cf", target, "-C", source, ...names]);
      return target;
    },
    async values(file) {
      const folder = await temporaryFolder();
      execFileSync("tar", ["-xf", file, "-C", folder]);
      const names = execFileSync("tar", ["-tf", file], { encoding: "utf8" }).split("\n").filter(Boolean);
      const keys = [...new Set(names.map((name) => name.replace(/\.[^./]*$/, "")))];
      return await Promise.all(
        keys.map(async (key) => {
          const own = names.filter((name) => name.startsWith(`${key}.`));
          return await Promise.all(own.map(async (name) => [name, await readFile(path.join(folder, name), "latin1")]));
        }),
      );
    },
  };
}

/** Cells as pandas writes them (`csv.QUOTE_MINIMAL`), with one that holds line breaks and one that a subset must not tidy. */
function delimited(name: string, delimiter: string, encode: Encode, { feed = "\n", start = "" } = {}): FormatFixture {
  const file = delimiter === "\t" ? "data.tsv" : "data.csv";
  const quote = (value: unknown) => {
    const text = value === null ? "" : String(value);
    return /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return {
    name: `${file.slice(5)}, ${name}`,
    async write(folder, rows) {
      const lines = [["id", "question", "note", "answer", "image", "odd"].join(delimiter)];
      for (const row of rows) {
        const note = `two\nlines${delimiter} of "${row.id}"`;
        const cells = [row.id, row.question, note, row.answer, await encode(row, folder)].map(quote);
        lines.push([...cells, '"1.0"'].join(delimiter));
      }
      const target = path.join(folder, file);
      await writeFile(target, start + lines.join(feed));
      return target;
    },
    values: async (target) =>
      await sql(
        `SELECT * FROM read_csv('${target}', delim='${delimiter}', quote='"', escape='"', header=true, all_varchar=true,
         strict_mode=false, columns={${["id", "question", "note", "answer", "image", "odd"].map((one) => `'${one}': 'VARCHAR'`).join(", ")}})`,
      ),
  };
}

const zstd = await Zstd.load();
const GZIP = { pack: (bytes: Buffer) => gzipSync(bytes), unpack: (bytes: Buffer) => gunzipSync(bytes) };
const ZSTD = {
  pack: (bytes: Buffer) => Buffer.from(zstd.compress(bytes)),
  unpack: (bytes: Buffer) => Buffer.from(decompress(bytes)),
};

/** The same fixture, with its file packed under a name that ends in `ending`. */
function packed(fixture: FormatFixture, ending: string, packing: NonNullable<FormatFixture["packing"]>): FormatFixture {
  return {
    name: `${fixture.name}, ${ending}`,
    packing,
    async write(folder, rows) {
      const plain = await fixture.write(folder, rows);
      await writeFile(`${plain}${ending}`, packing.pack(await readFile(plain)));
      await rm(plain);
      return `${plain}${ending}`;
    },
    async values(file) {
      const plain = path.join(await temporaryFolder(), "unpacked");
      await writeFile(plain, packing.unpack(await readFile(file)));
      return await fixture.values(plain);
    },
  };
}

function container(
  name: string,
  wrap: (objects: readonly string[]) => string,
  unwrap: (value: object) => unknown[],
): FormatFixture {
  return {
    name: `JSON, ${name}`,
    async write(folder, rows) {
      const target = path.join(folder, "data.json");
      await writeFile(target, wrap(await toObjects(rows, folder, asBytes)));
      return target;
    },
    values: async (target) => unwrap(JSON.parse(await readFile(target, "utf8")) as object),
  };
}

const struct = ({ image }: FixtureRow) => `{'bytes': ${blob(image)}, 'path': NULL::VARCHAR}`;

for (const fixture of [
  parquet("an image as {bytes, path}", async (row) => struct(row)),
  parquet("a list of {bytes, path}, zstd", async (row) => `[${struct(row)}]`, ", CODEC zstd"),
  parquet("bytes, newer encodings", async ({ image }) => blob(image), ", PARQUET_VERSION v2"),
  parquet("a list of bytes, gzip", async ({ image }) => `[${blob(image)}]`, ", CODEC gzip"),
  parquet("a path", async (row, folder) => text((await saveImage(row, folder)) ?? "")),
  parquet(
    "a list of paths, lz4",
    async (row, folder) => `[${text((await saveImage(row, folder)) ?? "")}]`,
    ", CODEC lz4_raw",
  ),
  lines("paths", asPath),
  lines("base64", async (row) => base64(row)),
  lines("data URIs, CRLF and a byte order mark", asDataUri, { feed: "\r\n", start: "\uFEFF" }),
  lines("under a .json name", asBytes, { file: "data.json" }),
  packed(lines("paths", asPath), ".gz", GZIP),
  packed(
    lines("base64", async (row) => base64(row)),
    ".zst",
    ZSTD,
  ),
  tar("ustar", ["--format=ustar"]),
  tar("pax, long names", ["--format=pax"], `${"long-folder/".repeat(12)}ünï-`),
  packed(tar("GNU, long names", ["--format=gnu"], `${"long-folder/".repeat(12)}-`), ".gz", GZIP),
  packed(tar("ustar", ["--format=ustar"]), ".zst", ZSTD),
  ...imageFolders,
  delimited("paths", ",", asPath),
  delimited("base64, CRLF and a byte order mark", ",", async (row) => base64(row), { feed: "\r\n", start: "\uFEFF" }),
  delimited("base64", "\t", async (row) => base64(row)),
  delimited("lists of data URIs", "\t", async (row) => JSON.stringify(await asDataUri(row, "")).replaceAll('"', "'")),
  packed(
    delimited("base64", "\t", async (row) => base64(row)),
    ".gz",
    GZIP,
  ),
  packed(
    delimited("base64", "\t", async (row) => base64(row)),
    ".zst",
    ZSTD,
  ),
  packed(
    container(
      "an array",
      (rows) => `[${rows.join(", ")}]`,
      (value) => value as unknown[],
    ),
    ".zst",
    ZSTD,
  ),
  packed(
    container(
      "an object by name",
      (rows) => `{${rows.map((row, index) => `"n${index}": ${row}`).join(", ")}}`,
      Object.entries,
    ),
    ".gz",
    GZIP,
  ),
  container(
    "an array",
    (rows) => `[\n  ${rows.join(",\n  ")}\n]\n`,
    (value) => value as unknown[],
  ),
  container(
    "an object by name",
    (rows) => `{${rows.map((row, index) => `"n${index}": ${row}`).join(", ")}}`,
    Object.entries,
  ),
]) {
  describeFormat(fixture);
}
