"""Trains what a configuration file asks for, in order of importance.

python -m winnow_reproduction.study experiments/table1.yaml [more.yaml ...]

Several workers may run at once: each takes the next run that nobody works on. A run
goes on from its last checkpoint after an interruption, `kill -9` included, and gives the
same numbers as an uninterrupted one. A run that logs/ already holds is not trained again.
Logs are JSON lines under --folder.
"""

import argparse
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import yaml

from .dynamic import Rounds
from .fine_tuning import FineTuner, responses
from .kept_logs import kept_log, write_log
from .policy_gradient import Settings, Trainer, describe, epochs
from .prompts import PromptSet, load
from .reward import WinnowGrader
from .reward_curves import write_curves
from .study_data import (
    ROOT,
    TEST_FAMILIES,
    TEST_ROWS_EACH,
    TEST_SEED,
    TRAINING_ROWS,
    Scored,
    held_out_rows,
    model_directory,
)
from .study_logs import ROLLOUTS


@dataclass(frozen=True)
class Run:
    """One training run: an arm of an experiment on the data of one seed."""

    experiment: str
    arm: str
    seed: int
    how: dict  # the arm's own keys in the configuration
    settings: Settings
    model: str = "nano"  # trained
    scorer: str = "nano"  # whose rollouts the selection rests on
    test_seed: int = TEST_SEED
    rows: int = TRAINING_ROWS
    test_each: int = TEST_ROWS_EACH

    @property
    def subset(self) -> str:
        return self.how.get("subset", self.arm)

    @property
    def name(self) -> str:
        return f"{self.experiment}/{self.arm}-{self.seed}"


FACTS = ("model", "scorer", "test_seed", "rows", "test_each")


def plan(path: Path) -> list[Run]:
    """The runs of a configuration: group by group, within a group seed by seed."""
    config = yaml.safe_load(path.read_text())
    runs = []
    for group in config["order"]:
        for seed in config["seeds"]:
            for arm in group:
                how = dict(config["arms"][arm] or {})
                settings = {**config.get("settings", {}), **how.get("settings", {}), "seed": seed}
                facts = {key: config[key] for key in FACTS if key in config}
                facts |= {key: how[key] for key in FACTS if key in how}
                runs.append(Run(path.stem, arm, seed, how, Settings(**settings), **facts))
    return runs


class Worker:
    """Takes runs one after the other with one grader and the data it last used."""

    def __init__(self, folder: Path, grader: WinnowGrader) -> None:
        self.folder, self.grader = folder, grader
        self.loaded: dict[Path, PromptSet] = {}

    def take(self, run: Run) -> bool:
        """Trains the run to its end; False if it is finished or somebody else's."""
        place = self.folder / run.name
        place.mkdir(parents=True, exist_ok=True)
        with (place / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            if (place / "done").exists():
                return False
            self._train(run, place)
            (place / "done").write_text(self._key(run))
            (place / "state.pt").unlink(missing_ok=True)
        return True

    def _train(self, run: Run, place: Path) -> None:
        scored = Scored(self.folder, run.seed, run.scorer)
        scored.ready(run.rows)
        data = self._load(scored.parquet)
        if "{curves}" in run.how.get("flags", ()):
            self._curves(run, scored)
        rows = scored.select(run.subset, run.how)
        test = self._load(held_out_rows(self.folder, run.test_seed, run.test_each))
        log = Log(place / "log.jsonl")
        about = {"name": run.name, "model": run.model, "scorer": run.scorer, "samples": len(rows)}
        about |= {"price": scored.price(), **describe(run.settings)}
        about |= {"refresh": run.how["refresh"]} if "refresh" in run.how else {}
        about |= {"test_seed": run.test_seed, "test_each": run.test_each}
        kept = kept_log(run.experiment, about, rows, run.settings, data)
        if kept:
            write_log(log.path, kept)
            return
        twin = self._twin(run)
        if twin:  # the same rows and random numbers give the same numbers
            log.cut(0)
            log.write({"run": about, "same_as": twin})
            return
        trainer = self._trainer(run)
        if (place / "state.pt").exists():
            state = torch.load(place / "state.pt", weights_only=False)
            trainer.restore(state["trainer"])
            log.cut(state["log"])
        else:
            log.cut(0)
            log.write({"run": about})
            log.write(measure(trainer, test, greedy=True))
        batches = self._batches(run, place, scored, rows, trainer, log)
        while trainer.taken < run.settings.steps:
            log.write(trainer.step(data, next(batches)))
            last = trainer.taken == run.settings.steps
            if last or trainer.taken % run.settings.evaluate_every == 0:
                log.write(measure(trainer, test, greedy=last))
                save(place / "state.pt", {"trainer": trainer.state(), "log": log.size()})

    def _trainer(self, run: Run) -> Trainer:
        model = model_directory(run.model)
        if run.settings.algorithm == "sft":
            return FineTuner(model, run.settings, self.grader, responses(run.rows, run.seed))
        return Trainer(model, run.settings, self.grader)

    def _batches(
        self, run: Run, place: Path, scored: Scored, rows: list[int], trainer: Trainer, log: "Log"
    ) -> Iterator[list[int]]:
        """From the trainer's next step on."""
        if "refresh" in run.how:
            return Rounds(place, scored, run.subset, rows, run.how["refresh"]).batches(trainer, log)
        batches = epochs(rows, run.settings.prompts, run.settings.seed)
        for _ in range(trainer.taken):
            next(batches)
        return batches

    def _curves(self, run: Run, scored: Scored) -> None:
        """The full run's training log, once."""
        full = self.folder / run.experiment / f"full-{run.seed}"
        if not scored.curves.exists():
            correct = scored.scores()["correct_image"]
            write_curves(scored.curves, full, correct, ROLLOUTS, scored.parquet)

    def _key(self, run: Run) -> str:
        """What a run's numbers follow from, as a hash."""
        rows = Scored(self.folder, run.seed, run.scorer).select(run.subset, run.how)
        facts = [rows, describe(run.settings), run.model, run.test_seed, run.test_each]
        facts += [run.how["refresh"]] if "refresh" in run.how else []
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _twin(self, run: Run) -> str | None:
        """A finished run of the same experiment that had nothing different about it."""
        for done in (self.folder / run.experiment).glob(f"*-{run.seed}/done"):
            if done.read_text() == self._key(run):
                return done.parent.name
        return None

    def _load(self, path: Path) -> PromptSet:
        if path not in self.loaded:
            if len(self.loaded) > 2:
                self.loaded.pop(next(iter(self.loaded)))
            self.loaded[path] = load(path)
        return self.loaded[path]


def measure(trainer: Trainer, test: PromptSet, greedy: bool) -> dict:
    """Accuracy per family: sampled; at the ends also greedy, and without the picture."""
    each = len(test) // len(TEST_FAMILIES)

    def by_family(right: list[int]) -> dict[str, float]:
        parts = (right[i * each : (i + 1) * each] for i in range(len(TEST_FAMILIES)))
        return {name: sum(p) / each for name, p in zip(TEST_FAMILIES, parts, strict=True)}

    line = {"eval": trainer.taken, "sampled": by_family(trainer.evaluate(test, True, False))}
    if greedy:
        line["greedy"] = by_family(trainer.evaluate(test, True, True))
        line["blind"] = by_family(trainer.evaluate(test, False, False))
    return line


class Log:
    """JSON lines; what a checkpoint does not know of is cut off again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, line: dict) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def size(self) -> int:
        return self.path.stat().st_size

    def cut(self, size: int) -> None:
        with self.path.open("ab") as file:
            file.truncate(size)


def save(path: Path, state: object) -> None:
    """Appears whole or not at all."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, nargs="+")
    folder = ROOT / "reproduction" / "runs" / "study"
    parser.add_argument("--folder", type=Path, default=folder)
    parser.add_argument("--seeds", type=int, nargs="+", help="only these")
    parser.add_argument("--arms", nargs="+", help="only these")
    args = parser.parse_args()
    torch.set_num_threads(1)
    runs = [run for path in args.config for run in plan(path)]
    with WinnowGrader() as grader:
        worker = Worker(args.folder, grader)
        for run in runs:
            wanted = args.seeds is None or run.seed in args.seeds
            wanted = wanted and (args.arms is None or run.arm in args.arms)
            if wanted and worker.take(run):
                print(f"{run.name} finished", flush=True)


if __name__ == "__main__":
    main()
