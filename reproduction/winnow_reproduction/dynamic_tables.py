"""The dynamic variant in RESULTS.md: selecting again every epoch against selecting once."""

from . import study_tables as tables
from .result_tables import STEPS, mean, table
from .study_logs import Trained

# An arm that selects again, and Table 1's arm that starts from the same selection.
ARMS = (("rap-dynamic", "rap"), ("rap-anew", "rap"), ("winnow-dynamic", "winnow"))
FROM_THE_IMAGE = ("visual", "easy", "hard")
WITHOUT_IT = ("irrelevant", "text")


def against_static(dynamic: list[Trained], static: list[Trained], data: dict[int, dict]) -> str:
    """Accuracy after equal steps and what both have cost by then."""
    rows, shown = [], set()
    for arm, once in ARMS:
        found = tables.of_arm(dynamic, arm)
        if not found:
            continue
        same = {seed: run for seed, run in tables.of_arm(static, once).items() if seed in found}
        if once not in shown:
            rows.append(_line(once, same, None, once, data))
        shown.add(once)
        gain = tables.paired(
            tables.at_step(dynamic, arm, STEPS), tables.at_step(static, once, STEPS)
        )
        rows.append(_line(arm, found, gain, once, data))
    head = ["arm", "seeds", *(f"step {step}" for step in (25, 50, 75, 100)), "against once, paired"]
    head += ["samples used", "groups with signal of 32, steps 26–100"]
    head += ["selecting again: rollouts, thousands", "CPU s", "GFLOP"]
    return table([*head, "rollouts with first selection and training, thousands"], rows)


def _line(
    arm: str,
    found: dict[int, Trained],
    gain: tables.Estimate | None,
    once: str,
    data: dict[int, dict],
) -> list[str]:
    runs = list(found.values())
    at = [tables.at_step(runs, arm, step).values() for step in (25, 50, 75, 100)]
    used = [{row for line in run.steps[:STEPS] for row in line["rows"]} for run in runs]
    signal = [mean(line["signal"] for line in run.steps[25:STEPS]) for run in runs]
    again = {
        key: mean(sum(line[key] for line in run.refreshes) for run in runs)
        for key in ("rollouts", "cpu", "gflop")
    }
    first = mean(tables.selection_rollouts(once, data[seed]) for seed in found)
    whole = first + again["rollouts"] + mean(tables.total(run, "rollouts", STEPS) for run in runs)
    return [
        f"`{arm}`",
        str(len(runs)),
        *(f"{tables.estimate(list(values)).show()}" for values in at),
        gain.show(sign=True) if gain else "",
        f"{mean(map(len, used)):,.0f}",
        f"{mean(signal):.1f}",
        *(
            [f"{again['rollouts'] / 1000:,.1f}", f"{again['cpu']:.0f}", f"{again['gflop']:,.0f}"]
            if gain
            else ["0", "0", "0"]
        ),
        f"{whole / 1000:,.1f}",
    ]


def rounds(dynamic: list[Trained]) -> str:
    """What every round answered, kept and brought in; means over seeds."""
    rows = []
    for arm, _ in ARMS:
        runs = list(tables.of_arm(dynamic, arm).values())
        for number in range(max((len(run.refreshes) for run in runs), default=0)):
            told = [run.refreshes[number] for run in runs]
            share = {
                name: mean(
                    sum(line["cohorts"].get(cohort, 0) for cohort in cohorts) / line["samples"]
                    for line in told
                )
                for name, cohorts in (
                    ("image", FROM_THE_IMAGE),
                    ("wrong", ("mislabelled",)),
                    ("without", WITHOUT_IT),
                )
            }
            rows.append(
                [
                    f"`{arm}`",
                    f"{number + 1}, after step {told[0]['after']}",
                    f"{mean(line['answered'] for line in told):,.0f}",
                    f"{mean(line['rollouts'] for line in told) / 1000:,.1f}",
                    f"{mean(line['before'] for line in told):,.0f}",
                    f"{mean(line['samples'] for line in told):,.0f}",
                    f"{100 * mean(line['kept'] / line['before'] for line in told):.0f}",
                    f"{100 * mean(line['by_chance'] for line in told):.0f}",
                    *(f"{100 * value:.0f}" for value in share.values()),
                ]
            )
    head = ["arm", "round", "answered anew", "rollouts, thousands", "selected before", "after"]
    head += ["selected again, %", "on a second draw, %"]
    return table([*head, "need the image, %", "mislabelled, %", "do not need it, %"], rows)
