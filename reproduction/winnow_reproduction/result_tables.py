"""The tables of RESULTS.md, one function a table."""

import statistics

from . import study_tables as tables
from .study_data import TEST_FAMILIES
from .study_logs import Trained

STEPS = 100  # every arm's common budget
PAIRS = (
    ("rap", "full"),
    ("rap", "random"),
    ("rap", "variance-first"),
    ("rap", "no-drm"),
    ("rap", "no-cde"),
    ("rap", "no-ace"),
    ("winnow", "full"),
    ("winnow", "rap"),
    ("winnow", "variance-first"),
)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def mean(values) -> float:
    return statistics.fmean(values)


def by_accuracy(runs: list[Trained]) -> list[str]:
    """Arms that finished, best first."""
    arms = [arm for arm in tables.arms_of(runs) if tables.at_step(runs, arm, STEPS)]
    return sorted(arms, key=lambda arm: -mean(tables.at_step(runs, arm, STEPS).values()))


def equal_steps(runs: list[Trained]) -> str:
    """Accuracy after the same number of steps, by family."""
    random, rows = tables.at_step(runs, "random", STEPS), []
    for arm in by_accuracy(runs):
        found = tables.of_arm(runs, arm)
        at = tables.at_step(runs, arm, STEPS)
        lines = [tables.evaluation(found[seed], STEPS)["sampled"] for seed in at]
        families = [f"{100 * mean(line[name] for line in lines):.1f}" for name in TEST_FAMILIES]
        gain = tables.paired(at, random)
        rows.append(
            [
                f"`{arm}`",
                f"{mean(found[seed].about['samples'] for seed in at):,.0f}",
                str(len(at)),
                *families,
                f"**{tables.estimate(list(at.values())).show()}**",
                "" if arm == "random" or not gain else gain.show(sign=True),
            ]
        )
    head = ["selector", "samples", "seeds", *TEST_FAMILIES, "all", "against random, paired"]
    return table(head, rows)


def pairs(runs: list[Trained]) -> str:
    """Differences after the same number of steps, seed by seed."""
    rows = []
    for left, right in PAIRS:
        found = tables.paired(*(tables.at_step(runs, arm, STEPS) for arm in (left, right)))
        if found:
            rows.append([f"`{left}` − `{right}`", str(found.seeds), found.show(sign=True)])
    return table(["difference", "seeds", "points"], rows)


def equal_epochs(runs: list[Trained]) -> str:
    """Accuracy after about one pass over each arm's own samples."""
    rows = []
    for arm in by_accuracy(runs):
        found = tables.of_arm(runs, arm)
        steps = {seed: tables.one_epoch(run) for seed, run in found.items()}
        values = [tables.accuracy(tables.evaluation(found[s], n)) for s, n in steps.items()]
        passes = mean(n * r.about["prompts"] / r.about["samples"] for n, r in
                      ((steps[s], found[s]) for s in found))  # fmt: skip
        rollouts = mean(tables.total(found[s], "rollouts", n) for s, n in steps.items())
        show = tables.estimate(values).show()
        rows.append([f"`{arm}`", f"{passes:.2f}", f"{rollouts / 1000:,.1f}", show])
    return table(["selector", "epochs", "rollouts, thousands", "accuracy"], rows)


def costs(runs: list[Trained], data: dict[int, dict]) -> str:
    """What selecting and 100 steps of training cost."""
    rows, names = [], tables.comparable(runs)
    for arm in by_accuracy(runs):
        found = tables.of_arm(runs, arm)
        taken = {seed: tables.selection_rollouts(arm, data[seed]) for seed in found}
        train = [tables.total(run, "rollouts", STEPS) for run in found.values()]
        gflop = [tables.total(run, "gflop", STEPS) for run in found.values()]
        new = [run for run in found.values() if run.about["name"] in names]
        cpu = [tables.total(run, "cpu", STEPS) for run in new]
        tokens = [tables.total(run, "response_tokens", STEPS) for run in found.values()]
        signal = [tables.total(run, "signal", STEPS) / STEPS for run in found.values()]
        work = [tables.selection_gflop(n, data[seed]) for seed, n in taken.items()]
        seconds = [tables.selection_seconds(n, data[seed]) for seed, n in taken.items()]
        rows.append(
            [
                f"`{arm}`",
                f"{mean(taken.values()) / 1000:,.1f}",
                f"{mean(seconds):.0f}",
                f"{mean(work):,.0f}",
                f"{mean(train) / 1000:,.1f}",
                f"{mean(tokens) / 1000:,.0f}",
                f"{mean(cpu):.0f}" if cpu else "",
                f"{mean(gflop):,.0f}",
                f"{mean(signal):.1f}",
            ]
        )
    head = ["selector", "selection: rollouts, thousands", "s", "GFLOP"]
    head += ["training: rollouts, thousands", "response tokens, thousands", "CPU s", "GFLOP"]
    return table([*head, "groups with signal of 32"], rows)


def goals(runs: list[Trained], step: int) -> dict[int, float]:
    """By seed: what the full data has after `step` steps, two evaluations averaged."""
    return {
        seed: mean(tables.accuracy(e) for e in run.evals if step - 25 <= e["eval"] <= step)
        for seed, run in tables.of_arm(runs, "full").items()
    }


def equal_accuracy(runs: list[Trained], data: dict[int, dict], step: int) -> str:
    """What it takes to reach the accuracy that full data has after `step` steps."""
    rows, targets, names = [], goals(runs, step), tables.comparable(runs)
    for arm in by_accuracy(runs):
        found = {s: run for s, run in tables.of_arm(runs, arm).items() if s in targets}
        steps = {s: tables.steps_to(run, targets[s]) for s, run in found.items()}
        reached = {s: n for s, n in steps.items() if n is not None}
        cells = [f"`{arm}`", f"{len(reached)} of {len(found)}"]
        if len(reached) == len(found) and reached:
            bare = {s: tables.total(found[s], "rollouts", n) for s, n in reached.items()}
            extra = {s: tables.selection_rollouts(arm, data[s]) for s in reached}
            new = {s: n for s, n in reached.items() if found[s].about["name"] in names}
            cpu = [tables.total(found[s], "cpu", n) for s, n in new.items()]
            work = {s: tables.total(found[s], "gflop", n) for s, n in reached.items()}
            both = [work[s] + tables.selection_gflop(extra[s], data[s]) for s in reached]
            cells += [tables.estimate(list(reached.values())).show(0, 1)]
            cells += [f"{mean(bare.values()) / 1000:,.1f}"]
            cells += [f"{mean(bare[s] + extra[s] for s in bare) / 1000:,.1f}"]
            cells += [f"{mean(cpu):.0f}" if cpu else ""]
            cells += [f"{mean(work.values()):,.0f}", f"{mean(both):,.0f}"]
        else:
            cells += [""] * 6
        rows.append(cells)
    head = ["selector", "reached", "steps", "rollouts, thousands", "with the selection's"]
    return table([*head, "CPU s", "GFLOP", "with the selection's"], rows)


def composition(data: dict[int, dict], arms: list[str]) -> str:
    """Which planted cohorts a selection takes."""
    cohorts = ("visual", "easy", "hard", "mislabelled", "irrelevant", "text")
    rows = []
    for arm in arms:
        found = [about["selections"][arm] for about in data.values() if arm in about["selections"]]
        if found:
            shares = [
                mean(one["cohorts"].get(name, 0) / one["samples"] for one in found)
                for name in cohorts
            ]
            samples = f"{mean(one['samples'] for one in found):,.0f}"
            rows.append([f"`{arm}`", samples, *(f"{100 * share:.1f}" for share in shares)])
    head = ["selector", "samples", "needs the image", "easy", "hard", "mislabelled"]
    return table([*head, "image irrelevant", "text alone"], rows)


def utilisation(runs: list[Trained]) -> str:
    """How far accuracy falls when the picture is withheld, before and after training."""
    rows = []
    run = next(iter(runs))
    first = run.evals[0]
    base = accuracies(first["sampled"], first["blind"])
    rows.append(["before training", *base])
    for arm in by_accuracy(runs):
        found = tables.of_arm(runs, arm).values()
        lasts = [run.evals[-1] for run in found if "blind" in run.evals[-1]]
        if lasts:
            seen = [tables.accuracy(last) for last in lasts]
            blind = [tables.accuracy(last, "blind") for last in lasts]
            drop = [a - b for a, b in zip(seen, blind, strict=True)]
            cells = [tables.estimate(values).show() for values in (seen, blind, drop)]
            steps = f" ({lasts[0]['eval']} steps)" if lasts[0]["eval"] != STEPS else ""
            rows.append([f"`{arm}`{steps}", *cells])
    return table(["trained on", "with the picture", "without it", "difference"], rows)


def accuracies(seen: dict, blind: dict) -> list[str]:
    a, b = mean(seen.values()), mean(blind.values())
    return [f"{100 * value:.1f}" for value in (a, b, a - b)]


def trl(ours: list[Trained], theirs: list[Trained]) -> str:
    """The same arm and data by TRL and by the study's own loop."""
    rows = []
    for run in theirs:
        mine = tables.of_arm(ours, run.arm).get(run.about["seed"])
        for name, one in (("TRL 1.13 GRPOTrainer", run), ("our loop", mine)):
            if one is None:
                continue
            last = run.evals[-1]["eval"]
            marks = [tables.evaluation(one, step) for step in (0, 25, 50, 75, 100) if step <= last]
            cells = [f"{100 * tables.accuracy(mark):.1f}" if mark else "" for mark in marks]
            seconds = mean(line["seconds"] for line in one.steps[:last])
            rows.append([f"`{run.arm}` {run.about['seed']}, {name}", *cells, f"{seconds:.2f}"])
    marks = [str(step) for step in (0, 25, 50, 75, 100) if step <= theirs[0].evals[-1]["eval"]]
    return table(["arm, seed, trainer", *(f"step {n}" for n in marks), "s per step"], rows)


def sizes(runs: list[Trained], small: list[Trained]) -> dict[str, list]:
    """Samples and accuracy by family of selections, smallest first."""
    points = {}
    for name in ("winnow", "random"):
        arms = [arm for arm in tables.arms_of(small) if arm.startswith(f"{name}-")]
        line = [(small, arm) for arm in arms] + [(runs, name)]
        line += [(runs, "full")] if name == "random" else []
        found = []
        for source, arm in line:
            at = tables.at_step(source, arm, STEPS)
            if at:
                samples = mean(run.about["samples"] for run in tables.of_arm(source, arm).values())
                found.append((samples, tables.estimate(list(at.values()))))
        points[name] = sorted(found, key=lambda point: point[0])
    return points
