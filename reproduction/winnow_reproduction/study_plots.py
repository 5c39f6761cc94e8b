"""The study's figures, drawn from its logs."""

import io
import statistics
from pathlib import Path

import matplotlib.pyplot as plt

from . import study_tables as tables
from .study_logs import ROLLOUTS, Trained

plt.switch_backend("Agg")
plt.rcParams["svg.hashsalt"] = "winnow"
WIDTH = (6.4, 3.6)  # inches
COLORS = {"full": "#555555", "random": "#c2703d", "rap": "#2b6cb0", "winnow": "#2f855a"}


def save(figure, path: Path, title: str) -> None:
    """SVG with its title for screen readers; the same logs give the same bytes."""
    figure.tight_layout()
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    head, tag, rest = text.getvalue().partition(" <metadata>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head} <title>{title}</title>\n{tag}{rest}")


def against_cost(runs: list[Trained], data: dict[int, dict], path: Path) -> None:
    """Figure 1b: accuracy against rollouts, without and with those of the selection."""
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.6), sharey=True)
    for arm, color in COLORS.items():
        found = tables.of_arm(runs, arm).values()
        if not found:
            continue
        lines = [[(line["eval"], tables.accuracy(line)) for line in run.evals] for run in found]
        steps = [step for step, _ in lines[0]]
        means = [statistics.fmean(line[i][1] for line in lines) for i in range(len(steps))]
        extra = statistics.fmean(tables.selection_rollouts(arm, data[run.seed]) for run in found)
        for panel, offset in zip(panels, (0, extra), strict=True):
            x = [(offset + step * 256) / 1000 for step in steps]
            panel.plot(x, [100 * mean for mean in means], color=color, label=arm, marker=".")
    for panel, title in zip(panels, ("training alone", "with the selection"), strict=True):
        panel.set_xlabel("rollouts, thousands")
        panel.set_title(title, fontsize=10)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("accuracy, %")
    panels[0].legend(frameon=False)
    save(figure, path, "Accuracy against rollouts")


def against_size(points: dict[str, list[tuple[float, tables.Estimate]]], path: Path) -> None:
    """Figure 1a: accuracy after equal steps against the number of samples."""
    figure, panel = plt.subplots(figsize=WIDTH)
    for name, line in points.items():
        x = [size for size, _ in line]
        y = [100 * found.mean for _, found in line]
        bars = [100 * (found.half or 0) for _, found in line]
        color = COLORS.get(name, "#888888")
        panel.errorbar(x, y, bars, color=color, marker="o", capsize=3, label=name)
    panel.set_xscale("log")
    panel.set_xlabel("samples")
    panel.set_ylabel("accuracy after 100 steps, %")
    panel.grid(alpha=0.3)
    panel.legend(frameon=False)
    save(figure, path, "Accuracy against samples")


def discrepancies(data: dict[int, dict], path: Path) -> None:
    """Figure 5a: how often each D comes, summed over the data sets."""
    often = dict.fromkeys(range(-ROLLOUTS, ROLLOUTS + 1), 0)
    for about in data.values():
        for c1, row in enumerate(about["counts"]):
            for c0, count in enumerate(row):
                often[c1 - c0] += count
    figure, panel = plt.subplots(figsize=WIDTH)
    x = [difference / ROLLOUTS for difference in often]
    colors = ["#2b6cb0" if value > 0.5 else "#b8c4d4" for value in x]
    panel.bar(x, [n / sum(often.values()) * 100 for n in often.values()], 0.16, color=colors)
    panel.axvline(0.5, color="#c53030", linestyle="--", linewidth=1)
    panel.set_xlabel("causal discrepancy D (dashed: λ_c)")
    panel.set_ylabel("samples, %")
    save(figure, path, "How often each causal discrepancy comes")


def confidences(scored: dict[str, dict[int, dict]], path: Path) -> None:
    """Figure 5b: the share of samples whose psi is at most x, one line per scorer and data set."""
    figure, panel = plt.subplots(figsize=WIDTH)
    for (scorer, data), color in zip(scored.items(), ("#2b6cb0", "#805ad5"), strict=False):
        for number, about in enumerate(data.values()):
            label = scorer if number == 0 else None
            panel.plot(about["psi"], range(0, 101, 5), color=color, alpha=0.5, label=label)
    panel.legend(frameon=False)
    panel.axvline(0.1, color="#c53030", linestyle="--", linewidth=1)
    panel.set_xscale("log")
    panel.set_xlabel("attention confidence ψ (dashed: λ_a)")
    panel.set_ylabel("samples at most, %")
    panel.grid(alpha=0.3)
    save(figure, path, "Distribution of attention confidence")


def utilisation(runs: list[Trained], arms: list[str], step: int, path: Path) -> None:
    """Figure 5c: accuracy with and without the picture after training."""
    figure, panel = plt.subplots(figsize=(8.4, 3.6))
    seen = [tables.at_step(runs, arm, step) or {0: 0.0} for arm in arms]
    blind = [tables.at_step(runs, arm, step, "blind") or {0: 0.0} for arm in arms]
    for shift, values, color in ((-0.2, seen, "#2b6cb0"), (0.2, blind, "#b8c4d4")):
        heights = [100 * statistics.fmean(found.values()) for found in values]
        label = "with the picture" if shift < 0 else "picture withheld"
        panel.bar([i + shift for i in range(len(arms))], heights, 0.38, color=color, label=label)
    panel.set_xticks(range(len(arms)), arms, rotation=40, ha="right", fontsize=8)
    panel.set_ylabel("accuracy, %")
    panel.legend(frameon=False, loc="lower right")
    save(figure, path, "Accuracy with and without the picture")
