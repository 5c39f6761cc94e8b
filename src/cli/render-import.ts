import { basename } from "node:path";
import type { ImportReport } from "../stages/import-rollouts.ts";
import type { ImportedFile } from "../stages/imported-log.ts";

/** What an import brought, what it left out and why, and where Winnow's verdicts and the logged scores part. */
export function renderImport(report: ImportReport): string {
  const lines = ["", ...report.files.flatMap(describeFile)];
  const left = report.files.flatMap(({ left: reasons }) => Object.values(reasons)).reduce((sum, n) => sum + n, 0);
  if (left > 0 && report.unjoined !== null) lines.push(field("left out", `listed in ${report.unjoined}`));
  lines.push("", ...describeVerdicts(report), "");
  lines.push(field("rollouts", `M = ${report.m} per arm from now on`));
  lines.push(
    field(
      "model",
      report.declared
        ? "as declared: `winnow run` takes what is missing with the same model, prompt and sampling"
        : "not declared (--model and --prompt): these rollouts stand alone, and nothing tops them up",
    ),
  );
  lines.push(field("next", `winnow select ${report.run}`), "");
  return `${lines.join("\n")}\n`;
}

function describeFile(file: ImportedFile): string[] {
  const name = basename(file.file);
  if (file.layout === null) return [field(name, "laid out like no log that is known: left alone")];
  const { image, text } = file.imported;
  const joined = Object.entries(file.joinedBy).map(([by, n]) => `${count(n)} by ${by}`);
  const already = file.already === 0 ? "" : `, ${count(file.already)} were there already`;
  return [
    field(
      name,
      `${file.layout}: ${count(file.responses)} responses, ${count(image)} with the image and ${count(text)} without imported${already}`,
    ),
    ...(joined.length === 0 ? [] : [field("", `joined ${joined.join(", ")}`)]),
    ...Object.entries(file.left).map(([reason, n]) => field("", `${count(n)} left out: ${reason}`)),
  ];
}

function describeVerdicts({ agreement, correctIff }: ImportReport): string[] {
  if (correctIff !== null) return [field("verdicts", `by the log's own score: right iff ${correctIff}`)];
  if (agreement === null) return [field("verdicts", "by Winnow's grader; the logs hold no score to compare with")];
  const of = (loggedRight: boolean, verdict: string): number =>
    agreement.counts.find((one) => one.loggedRight === loggedRight && one.verdict === verdict)?.rollouts ?? 0;
  const row = (label: string, right: boolean): string =>
    field(
      "",
      `${label.padEnd(24)}${["correct", "wrong", "ungradable"].map((v) => count(of(right, v)).padStart(12)).join("")}`,
    );
  const total = agreement.counts.reduce((sum, one) => sum + one.rollouts, 0);
  const apart = of(true, "wrong") + of(true, "ungradable") + of(false, "correct");
  return [
    field(
      "verdicts",
      `by Winnow's grader; they differ from the logged score in ${count(apart)} of ${count(total)} rollouts`,
    ),
    field("", `${"".padEnd(24)}${["correct", "wrong", "ungradable"].map((v) => v.padStart(12)).join("")}`),
    row(`logged score > ${agreement.limit}`, true),
    row(`logged score ≤ ${agreement.limit}`, false),
    ...(agreement.disagreements === null ? [] : [field("", `listed in ${agreement.disagreements}`)]),
  ];
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(16)} ${value}`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
