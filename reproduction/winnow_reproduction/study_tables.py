"""What the study's logs say, as numbers: accuracies, intervals, costs.

Accuracy is the mean over the six test families, sampled once per question at temperature 1,
unless it says greedy. Intervals are 95 % by Student's t over seeds.
"""

import statistics
from dataclasses import dataclass
from datetime import date

from .study_logs import Trained

T_95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
ROLLOUTS_PER_ARM = 40_000  # 8,000 rows, M = 5
# What a selection asks for besides the lazy protocol's rollouts of RAP.
FREE = ("full", "random")
IMAGE_ARM = ("pass-rate-band", "variance-first", "s1", "limo")
BOTH_ARMS = ("no-cde", "rap-released", "robust")
LAZY = ("rap", "no-drm", "no-ace")


@dataclass(frozen=True)
class Estimate:
    """A mean with the half-width of its 95 % interval (None from one seed), and how many seeds."""

    mean: float
    half: float | None
    seeds: int

    def show(self, digits: int = 1, scale: float = 100.0, sign: bool = False) -> str:
        plus = "+" if sign else ""
        text = f"{self.mean * scale:{plus}.{digits}f}"
        return text if self.half is None else f"{text} ± {self.half * scale:.{digits}f}"


def estimate(values: list[float]) -> Estimate:
    n = len(values)
    half = T_95[n - 1] * statistics.stdev(values) / n**0.5 if n > 1 else None
    return Estimate(statistics.fmean(values), half, n)


def accuracy(line: dict, kind: str = "sampled") -> float:
    """Mean over the families of one evaluation."""
    return statistics.fmean(line[kind].values())


def evaluation(run: Trained, step: int) -> dict | None:
    """The evaluation after `step` steps."""
    return next((line for line in run.evals if line["eval"] == step), None)


def of_arm(runs: list[Trained], arm: str) -> dict[int, Trained]:
    """An arm's runs by seed."""
    return {run.seed: run for run in runs if run.arm == arm}


def arms_of(runs: list[Trained]) -> list[str]:
    return list(dict.fromkeys(run.arm for run in runs))


def at_step(runs: list[Trained], arm: str, step: int, kind: str = "sampled") -> dict[int, float]:
    """Accuracy by seed after `step` steps."""
    lines = {seed: evaluation(run, step) for seed, run in of_arm(runs, arm).items()}
    return {seed: accuracy(line, kind) for seed, line in lines.items() if line and kind in line}


def paired(left: dict[int, float], right: dict[int, float]) -> Estimate | None:
    """The difference left - right over the seeds that both have."""
    common = sorted(left.keys() & right.keys())
    return estimate([left[s] - right[s] for s in common]) if common else None


def total(run: Trained, key: str, steps: float) -> float:
    """A quantity summed over the first `steps` steps, the last one in part."""
    whole = int(steps)
    done = sum(line[key] for line in run.steps[:whole])
    part = (steps - whole) * run.steps[whole][key] if steps > whole else 0.0
    return done + part


def comparable(runs: list[Trained]) -> set[str]:
    """Names of the runs trained within a day of the newest.

    Processor seconds are compared among them alone: machines differ, other numbers do not.
    """
    when = {run.about["name"]: date.fromisoformat(run.about["date"]) for run in runs}
    return {name for name, day in when.items() if (max(when.values()) - day).days <= 1}


def steps_to(run: Trained, target: float) -> float | None:
    """Steps until the accuracy reaches `target`, straight lines between evaluations."""
    for before, after in zip(run.evals, run.evals[1:], strict=False):
        a, b = accuracy(before), accuracy(after)
        if a < target <= b:
            share = (target - a) / (b - a)
            return before["eval"] + share * (after["eval"] - before["eval"])
    return None


def one_epoch(run: Trained) -> int:
    """The evaluation nearest to one pass over the run's own samples."""
    steps = run.about["samples"] / run.about["prompts"]
    taken = [line["eval"] for line in run.evals if line["eval"]]
    return min(taken, key=lambda step: abs(step - steps))


def selection_rollouts(arm: str, about: dict) -> int:
    """Rollouts a selection takes from nothing; `about` is a line of `data.jsonl.gz`."""
    if arm in FREE or arm.startswith("random"):
        return 0
    if arm in IMAGE_ARM:
        return ROLLOUTS_PER_ARM
    if arm in BOTH_ARMS:
        return 2 * ROLLOUTS_PER_ARM
    if arm == "limr":  # the image arm, and the whole run on full data
        return ROLLOUTS_PER_ARM + 250 * 256
    taken = about["price"]["lazy"]["rollouts"]
    if arm == "pism":
        return ROLLOUTS_PER_ARM + (about["selections"]["pism"]["rollouts"] or {}).get("masked", 0)
    if arm.startswith("winnow"):
        return about["winnow_lazy"]
    return taken["image"] + taken["text"]


def selection_seconds(rollouts: int, about: dict) -> float:
    """At the pace of the lazy run that scored the data set, with two threads."""
    lazy = about["price"]["lazy"]
    taken = lazy["rollouts"]["image"] + lazy["rollouts"]["text"]
    return rollouts * sum(lazy["seconds"].values()) / taken


def selection_gflop(rollouts: int, about: dict) -> float:
    """At the mean operations of a scored rollout."""
    return about["gflop"]["full"] * rollouts / (2 * ROLLOUTS_PER_ARM)
