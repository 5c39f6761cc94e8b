"""Supervised fine-tuning in RESULTS.md: the same selections, trained by cross-entropy."""

from . import study_tables as tables
from .result_tables import mean, table
from .study_data import TEST_FAMILIES
from .study_logs import Trained


def fine_tuned(runs: list[Trained]) -> str:
    """Accuracy after equal steps by family, with the picture and without, and the cost."""
    rows, last = [], runs[0].about["steps"]
    random = tables.at_step(runs, "random", last)
    arms = {arm: tables.at_step(runs, arm, last) for arm in tables.arms_of(runs)}
    for arm, at in sorted(arms.items(), key=lambda one: -mean(one[1].values())):
        found = [tables.of_arm(runs, arm)[seed] for seed in at]
        ends = [tables.evaluation(run, last) for run in found]
        families = [
            f"{100 * mean(end['sampled'][name] for end in ends):.1f}" for name in TEST_FAMILIES
        ]
        blind = [tables.accuracy(end, "blind") for end in ends]
        gain = tables.paired(at, random) if arm != "random" else None
        rows.append(
            [
                f"`{arm}`",
                f"{mean(run.about['samples'] for run in found):,.0f}",
                str(len(found)),
                *families,
                f"**{tables.estimate(list(at.values())).show()}**",
                tables.estimate([tables.accuracy(end, "greedy") for end in ends]).show(),
                tables.estimate(blind).show(),
                gain.show(sign=True) if gain else "",
                f"{mean(tables.total(run, 'response_tokens', last) for run in found) / 1000:,.0f}",
                f"{mean(tables.total(run, 'cpu', last) for run in found):.0f}",
                f"{mean(tables.total(run, 'gflop', last) for run in found):,.0f}",
            ]
        )
    head = ["selector", "samples", "seeds", *TEST_FAMILIES, "all", "greedy", "without the picture"]
    head += ["against random, paired", "response tokens, thousands", "CPU s", "GFLOP"]
    return table(head, rows)


def over_steps(runs: list[Trained]) -> str:
    """Accuracy along training."""
    steps = [line["eval"] for line in runs[0].evals]
    rows = []
    for arm in tables.arms_of(runs):
        at = [tables.at_step(runs, arm, step).values() for step in steps]
        rows.append([f"`{arm}`", *(f"{100 * mean(values):.1f}" for values in at)])
    return table(["selector", *(f"step {step}" for step in steps)], rows)
