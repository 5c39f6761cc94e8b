"""Table 3 and Figure 4: a second architecture, and subsets that one model chose for the other."""

import statistics
from pathlib import Path

import matplotlib.pyplot as plt

from . import study_tables as tables
from .result_tables import STEPS, goals, mean, table
from .study_logs import Trained
from .study_plots import COLORS, save

# Where a run's logs are, its arm, and what it was trained on; who chose last.
NANO = (
    ("table1", "rap", "RAP by `nano`"),
    ("cross", "qwen-rap-on-nano", "RAP by `nano-qwen`"),
    ("table1", "winnow", "`winnow` by `nano`"),
    ("cross", "qwen-winnow-on-nano", "`winnow` by `nano-qwen`"),
    ("table1", "full", "all rows"),
    ("table1", "random", "random rows"),
)
QWEN = (
    ("cross", "nano-rap", "RAP by `nano`"),
    ("cross", "rap", "RAP by `nano-qwen`"),
    ("cross", "no-ace", "the same without ACE"),
    ("cross", "winnow", "`winnow` by `nano-qwen`"),
    ("cross", "full", "all rows"),
    ("cross", "random", "random rows"),
)
MODELS = {"nano": NANO, "nano-qwen": QWEN}
# Dashed: the model that is trained did not choose.
WITHOUT_ACE = "#805ad5"
FOREIGN = {"nano-rap": "rap", "qwen-rap-on-nano": "rap", "qwen-winnow-on-nano": "winnow"}


def cross_table(runs: dict[str, list[Trained]]) -> str:
    """Accuracy of both models after equal steps, by who chose the subset."""
    rows = []
    for model, lines in MODELS.items():
        experiment = lines[-1][0]
        random = tables.at_step(runs[experiment], "random", STEPS)
        targets = goals(runs[experiment], STEPS)
        for source, arm, title in lines:
            at = tables.at_step(runs[source], arm, STEPS)
            if not at:
                continue
            found = tables.of_arm(runs[source], arm)
            samples = mean(found[seed].about["samples"] for seed in at)
            gain = tables.paired(at, random) if arm != "random" else None
            reached = [tables.steps_to(found[s], targets[s]) for s in at if s in targets]
            done = [steps for steps in reached if steps is not None]
            rows.append(
                [
                    f"`{model}`",
                    title,
                    f"{samples:,.0f}",
                    str(len(at)),
                    f"**{tables.estimate(list(at.values())).show()}**",
                    gain.show(sign=True) if gain else "",
                    f"{len(done)} of {len(reached)}",
                    f"{mean(done) * 0.256:.1f}" if done and len(done) == len(reached) else "",
                ]
            )
    head = ["trained", "on", "samples", "seeds", "accuracy", "against random, paired"]
    return table([*head, "reached `full`", "after rollouts, thousands"], rows)


def overlap(one: dict[int, dict], other: dict[int, dict]) -> str:
    """How far two scorers' RAP subsets agree, over the seeds that both have."""
    shares, chance = [], []
    for seed in sorted(one.keys() & other.keys()):
        left, right = (set(data[seed].get("rap") or ()) for data in (one, other))
        if left and right:
            shares.append(len(left & right) / len(left))
            chance.append(len(right) / sum(one[seed]["cohorts"].values()))
    if not shares:
        return "No data set was scored by both."
    return (
        f"Of the rows that RAP takes with `nano`, {tables.estimate(shares).show()} % are "
        f"also taken with `nano-qwen` ({len(shares)} data sets); by chance it would be "
        f"{100 * mean(chance):.1f} %."
    )


def against_steps(runs: dict[str, list[Trained]], path: Path) -> None:
    """Figure 4: accuracy over training, one panel a model."""
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.6), sharey=True)
    for panel, (model, lines) in zip(panels, MODELS.items(), strict=True):
        for source, arm, title in lines:
            found = tables.of_arm(runs[source], arm).values()
            if not found:
                continue
            steps = [line["eval"] for line in next(iter(found)).evals if line["eval"] <= STEPS]
            means = [
                statistics.fmean(tables.accuracy(tables.evaluation(run, step)) for run in found)
                for step in steps
            ]
            style = {"color": COLORS.get(FOREIGN.get(arm, arm), WITHOUT_ACE)}
            style["linestyle"] = "--" if arm in FOREIGN else "-"
            label = title.replace("`", "")
            panel.plot(steps, [100 * x for x in means], label=label, marker=".", **style)
        panel.set_title(f"{model} trained", fontsize=10)
        panel.set_xlabel("steps")
        panel.grid(alpha=0.3)
        panel.legend(frameon=False, fontsize=8)
    panels[0].set_ylabel("accuracy, %")
    save(figure, path, "Accuracy over training of two models, by who chose the subset")
