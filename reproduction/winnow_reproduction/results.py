"""Writes RESULTS.md and its plots from the committed logs alone.

python -m winnow_reproduction.results
"""

import argparse
from pathlib import Path

import yaml

from . import study_plots as plots
from .cross_results import against_steps, cross_table, overlap
from .dynamic_tables import against_static, rounds
from .fine_tuning_tables import fine_tuned, over_steps
from .result_tables import (
    STEPS,
    by_accuracy,
    composition,
    costs,
    equal_accuracy,
    equal_epochs,
    equal_steps,
    pairs,
    sizes,
    table,
    trl,
    utilisation,
)
from .study_data import ROOT
from .study_logs import LOGS, Trained, read_data, read_runs

HOME = ROOT / "reproduction"


def unfinished(name: str, runs: list[Trained]) -> list[str]:
    """Configured runs that have no finished log."""
    config = yaml.safe_load((HOME / "experiments" / f"{name}.yaml").read_text())
    done = {(run.arm, run.seed) for run in runs}
    missing = []
    for arm in config["arms"]:
        seeds = [seed for seed in config["seeds"] if (arm, seed) not in done]
        if seeds:
            missing.append(f"`{name}` {arm}: {len(seeds)} of {len(config['seeds'])} seeds not run")
    return missing


def spent(runs: list[Trained]) -> str:
    """Wall and CPU minutes of training alone."""
    wall = sum(line["seconds"] for run in runs if "same_as" not in run.about for line in run.steps)
    cpu = sum(line["cpu"] for run in runs if "same_as" not in run.about for line in run.steps)
    return f"{len(runs)} runs, {cpu / 60:.0f} CPU minutes, {wall / 60:.0f} minutes of wall time"


def commands(
    scored: dict[str, dict[int, dict]], trained: dict[str, list[Trained]], theirs: list[Trained]
) -> str:
    """What every command of the study took: training with its re-selections, or scoring."""
    rows, study = [], "python -m winnow_reproduction.study"
    for scorer, data in scored.items():
        prices = [about["price"]["full"] for about in data.values()]
        rollouts = sum(p["rollouts"]["image"] + p["rollouts"]["text"] for p in prices)
        wall = sum(sum(p["seconds"].values()) for p in prices)
        title = f"the data sets, scored by `{scorer}` (part of what follows)"
        rows.append([title, str(len(prices)), f"{rollouts:,}", "", f"{wall / 60:.0f}"])
    for name, runs in trained.items():
        own = [run for run in runs if "same_as" not in run.about]
        if own:
            command = f"`{study} experiments/{name}.yaml`"
            rows.append([command, *_totals(own)])
    if theirs:
        command = "`python -m winnow_reproduction.trl_arm --selection rap --seed 1001 --steps 50`"
        rows.append([command, *_totals(theirs)])
    return table(["command", "runs", "rollouts", "CPU minutes", "wall minutes"], rows)


def _totals(runs: list[Trained]) -> list[str]:
    steps = [line for run in runs for line in (*run.steps, *run.refreshes)]
    cpu = [line["cpu"] for line in steps if "cpu" in line]
    return [
        str(len(runs)),
        f"{sum(line['rollouts'] for line in steps):,}",
        f"{sum(cpu) / 60:.0f}" if cpu else "",
        f"{sum(line['seconds'] for line in steps) / 60:.0f}",
    ]


def write(out: Path, logs: Path) -> None:
    """RESULTS.md and results/*.svg under `out`."""
    data = read_data(logs / "data.jsonl.gz")
    names = ("table1", "rloo", "sizes", "cross", "dynamic", "sft")
    logged = {name: read_runs(logs / f"{name}.jsonl.gz") for name in names}
    runs, rloo, small, cross, dynamic, sft = logged.values()
    other = read_data(logs / "data.jsonl.gz", "nano-qwen")
    theirs = read_runs(logs / "trl.jsonl.gz")
    findings = (HOME / "findings.md").read_text()
    arms, figures = by_accuracy(runs), out / "results"
    plots.against_cost(runs, data, figures / "cost.svg")
    plots.discrepancies(data, figures / "discrepancy.svg")
    scored = {"nano": data, "nano-qwen": other}
    plots.confidences(scored, figures / "confidence.svg")
    plots.utilisation(runs, [arm for arm in arms if arm != "full"], STEPS, figures / "images.svg")
    parts = {
        "runs": spent(runs),
        "steps": equal_steps(runs),
        "pairs": pairs(runs),
        "epochs": equal_epochs(runs),
        "costs": costs(runs, data),
        "reach100": equal_accuracy(runs, data, 100),
        "reach250": equal_accuracy(runs, data, 250),
        "composition": composition(data, arms),
        "utilisation": utilisation(runs),
        "rloo": f"{spent(rloo)}.\n\n{equal_steps(rloo)}" if rloo else "Not run.",
        "trl": trl(runs, theirs) if theirs else "Not run.",
    }
    parts["commands"] = commands(scored, logged, theirs)
    parts |= {"cross": "Not run.", "overlap": ""}
    if cross:
        both = {"table1": runs, "cross": cross}
        parts["cross"] = f"{spent(cross)}.\n\n{cross_table(both)}"
        parts["overlap"] = overlap(data, other)
        against_steps(both, figures / "cross.svg")
    if dynamic:
        parts["dynamic"] = f"{spent(dynamic)}.\n\n{against_static(dynamic, runs, data)}"
        parts["rounds"] = rounds(dynamic)
    if sft:
        parts["sft"] = f"{spent(sft)}.\n\n{fine_tuned(sft)}\n\n{over_steps(sft)}"
    points = sizes(runs, small)
    plots.against_size(points, figures / "size.svg")
    sized = [
        [f"`{name}`", f"{samples:,.0f}", str(found.seeds), found.show()]
        for name, line in points.items()
        for samples, found in line
    ]
    parts["sizes"] = table(["selector", "samples", "seeds", "accuracy"], sized)
    missing = [line for name, done in logged.items() for line in unfinished(name, done)]
    parts["missing"] = "\n".join(f"- {line}" for line in missing) or "- Nothing."
    text = findings
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    (out / "RESULTS.md").write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=Path, default=LOGS)
    parser.add_argument("--out", type=Path, default=HOME)
    args = parser.parse_args()
    write(args.out, args.logs)


if __name__ == "__main__":
    main()
