"""The study's logs: gathered from its runs, compressed, and read again.

python -m winnow_reproduction.study_logs        # runs/study -> logs/*.jsonl.gz

`<experiment>.jsonl.gz` holds the logs of its finished runs one after the other; `data.jsonl.gz`
has one line per data set and scorer: what scoring cost and found, and what each selection took.
What is kept already stays unless the same run, or data set and scorer, is there anew.
"""

import argparse
import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from transformers import AutoModelForImageTextToText

from . import flops
from .study_data import ROOT, Scored, home_of

LOGS = ROOT / "reproduction" / "logs"
ROLLOUTS = 5  # M


@dataclass(frozen=True)
class Trained:
    """A finished run: `about` its first line, then steps, evaluations, refreshes in order."""

    about: dict
    steps: list[dict]
    evals: list[dict]
    refreshes: list[dict] = field(default_factory=list)

    @property
    def arm(self) -> str:
        return self.about["name"].split("/")[-1].rsplit("-", 1)[0]

    @property
    def seed(self) -> int:
        return self.about["seed"]


def read_lines(path: Path) -> list[dict]:
    with gzip.open(path, "rt") as file:
        return [json.loads(line) for line in file]


def read_runs(path: Path) -> list[Trained]:
    """The runs of an experiment, those with the numbers of a twin included."""
    if not path.exists():
        return []
    runs: list[Trained] = []
    for line in read_lines(path):
        if "run" in line:
            runs.append(Trained({**line["run"], **line}, [], []))
        else:
            run = runs[-1]
            kinds = {"step": run.steps, "refresh": run.refreshes}
            next((kinds[key] for key in kinds if key in line), run.evals).append(line)
    by_name = {run.about["name"].split("/")[-1]: run for run in runs}
    found = []
    for run in runs:
        twin = by_name.get(run.about.get("same_as", ""), run)
        when = {"date": twin.about["date"]} if "date" in twin.about else {}
        found.append(Trained({**run.about, **when}, twin.steps, twin.evals, twin.refreshes))
    return found


def write_lines(path: Path, lines: list[str]) -> None:
    """The same lines give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
        file.write("".join(f"{line}\n" for line in lines).encode())


def work(cost: flops.Cost, taken: dict) -> float:
    """GFLOP of a run's rollouts; each prompt is read once for its M rollouts."""
    rollouts = taken["image"] + taken["text"]
    prompt, tokens = taken["promptTokens"] / rollouts, taken["responseTokens"] / rollouts
    return flops.sampling(cost, rollouts / ROLLOUTS, prompt, rollouts, tokens) / 1e9


def describe_data(scored: Scored, cost: flops.Cost, known: dict) -> dict:
    """One line of `data.jsonl.gz`; `known` is the one kept so far, {} without one.

    What `winnow` costs from nothing is taken anew only where the rollouts differ.
    """
    price = scored.price()
    table = scored.scores()
    counts = Counter(zip(table["correct_image"], table["correct_text"], strict=True))
    psi = sorted(value for value in table["psi"] if value is not None)
    truth = [json.loads(line) for line in scored.folder.joinpath("truth.jsonl").open()]
    selections, rap = {}, None
    for path in sorted(scored.selections.glob("*.json")):
        kept = json.loads(path.read_text())
        rap = kept["rows"] if path.stem == "rap" else rap
        cohorts = Counter(truth[row]["cohort"] for row in kept["rows"])
        facts = {"samples": len(kept["rows"]), "flags": kept["flags"], "cohorts": cohorts}
        selections[path.stem] = facts | {"rollouts": kept.get("rollouts")}
    counts = [[counts[c1, c0] for c0 in range(ROLLOUTS + 1)] for c1 in range(ROLLOUTS + 1)]
    lazily = known.get("winnow_lazy") if known.get("counts") == counts else None
    if lazily is None and scored.model == "nano":  # whose costs the tables give
        taken = scored.price_from_nothing("winnow", selections["rap"]["samples"])["rollouts"]
        lazily = taken["image"] + taken["text"]
    return {
        "seed": scored.seed,
        "scorer": scored.model,
        "winnow_lazy": lazily,
        "price": price,
        "gflop": {protocol: work(cost, price[protocol]["rollouts"]) for protocol in price},
        "cohorts": Counter(row["cohort"] for row in truth),
        "counts": counts,
        "psi": [psi[int(q / 100 * (len(psi) - 1))] for q in range(0, 101, 5)] if psi else [],
        "rap": rap,
        "selections": selections,
    }


def read_data(path: Path, scorer: str = "nano") -> dict[int, dict]:
    """The lines of `data.jsonl.gz` that rest on a model's rollouts, by seed."""
    lines = read_lines(path)
    return {line["seed"]: line for line in lines if line.get("scorer", "nano") == scorer}


def kept_runs(path: Path) -> dict[str, list[str]]:
    """The lines of every run in a log, by the run's name."""
    runs: dict[str, list[str]] = {}
    for line in read_lines(path) if path.exists() else []:
        if "run" in line:
            found = runs[line["run"]["name"]] = []
        found.append(json.dumps(line))
    return runs


def gather_runs(folder: Path, out: Path) -> set[tuple[int, str]]:
    """Adds every finished run under `folder` to the logs in `out`. -> seeds and scorers"""
    scored: set[tuple[int, str]] = set()
    for experiment in sorted({done.parents[1] for done in folder.glob("*/*/done")}):
        path = out / f"{experiment.name}.jsonl.gz"
        runs = kept_runs(path)
        for done in sorted(experiment.glob("*/done")):
            first, *log = done.with_name("log.jsonl").read_text().splitlines()
            head = json.loads(first)
            about = head["run"]
            scored.add((about["seed"], about["scorer"]))
            about.setdefault("date", date.fromtimestamp(done.stat().st_mtime).isoformat())
            runs[about["name"]] = [json.dumps(head), *log]
        write_lines(path, [line for name in sorted(runs) for line in runs[name]])
    return scored


def gather(folder: Path, out: Path) -> None:
    """Adds every finished run under `folder`, and what its data set was, to the logs in `out`."""
    scored = gather_runs(folder, out)
    path = out / "data.jsonl.gz"
    lines = read_lines(path) if path.exists() else []
    data = {(line["seed"], line.get("scorer", "nano")): line for line in lines}
    for seed, scorer in sorted(scored):
        model = AutoModelForImageTextToText.from_pretrained(home_of(scorer))
        known = data.get((seed, scorer), {})
        found = describe_data(Scored(folder, seed, scorer), flops.cost_of(model), known)
        found["selections"] = {**known.get("selections", {}), **found["selections"]}
        data[seed, scorer] = found
    write_lines(path, [json.dumps(data[key]) for key in sorted(data)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "reproduction" / "runs" / "study")
    parser.add_argument("--out", type=Path, default=LOGS)
    parser.add_argument("--runs-only", action="store_true", help="leave data.jsonl.gz as it is")
    args = parser.parse_args()
    (gather_runs if args.runs_only else gather)(args.folder, args.out)


if __name__ == "__main__":
    main()
