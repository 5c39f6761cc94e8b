import { cpus, tmpdir, totalmem } from "node:os";
import { benchmarkDriver } from "./driver.ts";
import { compareCheckers } from "./expression-checkers.ts";
import { benchmarkGrading } from "./grading.ts";
import { benchmarkLazy } from "./lazy.ts";
import { benchmarkMethods } from "./methods.ts";
import { benchmarkPreflight, benchmarkStream } from "./preflight.ts";
import { benchmarkRollouts } from "./rollouts.ts";
import { benchmarkScoring } from "./scoring.ts";
import { benchmarkSelection } from "./selection.ts";
import { benchmarkSubsetWriting } from "./subset-writing.ts";
import { benchmarkViewer } from "./viewer.ts";

/** Every benchmark by name; `npm run bench -- NAME …` runs some, `npm run bench` all. */
const BENCHMARKS: Readonly<Record<string, () => Promise<unknown>>> = {
  rollouts: () => benchmarkRollouts(),
  driver: () => benchmarkDriver(),
  lazy: () => benchmarkLazy(),
  scoring: () => benchmarkScoring(),
  selection: () => benchmarkSelection(),
  methods: () => benchmarkMethods(),
  subset: () => benchmarkSubsetWriting({ scale: 1, folder: tmpdir() }),
  preflight: () => benchmarkPreflight(),
  stream: () => benchmarkStream(),
  grading: () => benchmarkGrading(),
  viewer: () => benchmarkViewer(),
  checkers: () => compareCheckers(),
};

const names = process.argv.slice(2);
const machine = `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
console.log(`${new Date().toISOString().slice(0, 10)}  ${machine}`);
for (const [name, run] of Object.entries(BENCHMARKS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  console.log(`\n${name}`);
  console.log(await run());
}
