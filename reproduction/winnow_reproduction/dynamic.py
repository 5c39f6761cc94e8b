"""The dynamic variant: `winnow refresh` selects again, with the current policy, between epochs.

An epoch is a fixed number of steps, about one pass over the selection. Every round is a run
directory of its own, `round-0`, `round-1`, ..., a copy of the one before refreshed with the
policy's checkpoint: what is there is whole, and a run that was killed does one round again.
"""

import json
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .export_onnx import export
from .model import save
from .policy_gradient import Trainer, epochs
from .study_data import Scored, locked, winnow, write_json
from .study_logs import work


@dataclass(frozen=True)
class Reselection:
    """When and how much: the arm's key `refresh` in a configuration."""

    every: int  # steps
    share: float = 0.1  # of the samples not selected, answered anew in each round


class Rounds:
    """The selections of one run, `rows` being the first."""

    def __init__(self, place: Path, scored: Scored, subset: str, rows: list[int], how: dict):
        self.place, self.scored, self.subset, self.first = place, scored, subset, rows
        self.how = Reselection(**how)

    def batches(self, trainer: Trainer, log) -> Iterator[list[int]]:
        """Batches from the trainer's next step on; a round's line is logged where it begins."""
        s = trainer.settings
        while True:
            number, done = divmod(trainer.taken, self.how.every)
            rows, order = self.first, epochs(self.first, s.prompts, s.seed)
            if number:
                found = self._round(number, trainer)
                rows = found.pop("rows")
                order = epochs(rows, s.prompts, f"{s.seed}/{number}")
                if done == 0:  # otherwise the log has it
                    log.write(found)
            for _ in range(done):
                next(order)
            for _ in range(done, self.how.every):
                yield next(order)

    def _round(self, number: int, trainer: Trainer) -> dict:
        """What round `number` selected: the line of the log, and `rows`."""
        there = self.place / f"round-{number}"
        if not there.exists():
            before = self.place / f"round-{number - 1}"
            if number == 1 and not before.exists():
                self._begin(before)
            new = _copy(before, there.with_suffix(".tmp"))
            write_json(new / "round.json", self._refresh(number, new, trainer))
            os.replace(new, there)
        return json.loads((there / "round.json").read_text())

    def _begin(self, there: Path) -> None:
        """The scored run as a user has it before training: this selection, scored lazily."""
        with locked(self.scored.folder / "lock"):
            new = _copy(self.scored.run, there.with_suffix(".tmp"))
        flags = json.loads((self.scored.selections / f"{self.subset}.json").read_text())["flags"]
        winnow("run", str(new), "--protocol", "lazy", *flags)
        if self.scored.selected(new) != self.first:
            raise RuntimeError(f"{new} selects other rows than {self.subset} does")
        os.replace(new, there)

    def _refresh(self, number: int, run: Path, trainer: Trainer) -> dict:
        model = self.place / f"step-{trainer.taken}"
        save(trainer.model, model)
        export(trainer.model, model)
        earlier = json.loads((run / "run.json").read_text())["outcome"]["stability"]
        began, used = time.perf_counter(), _children()
        words = ["--model", str(model), "--share", str(self.how.share)]
        taken = winnow("refresh", str(run), *words)["rollouts"]
        seconds, cpu = time.perf_counter() - began, _children() - used
        shutil.rmtree(model)
        rows = self.scored.selected(run)
        truth = [json.loads(line) for line in (self.scored.folder / "truth.jsonl").open()]
        return {
            "refresh": number,
            "after": trainer.taken,
            "samples": len(rows),
            **json.loads((run / "run.json").read_text())["refresh"]["outcome"],
            # What a second draw of the earlier model's rollouts would have selected again.
            "by_chance": earlier and earlier["share"],
            "rollouts": taken["image"] + taken["text"],
            "prompt_tokens": taken["promptTokens"],
            "response_tokens": taken["responseTokens"],
            "gflop": round(work(trainer.cost, taken), 3),
            "seconds": round(seconds, 2),
            "cpu": round(cpu, 2),
            "cohorts": Counter(truth[row]["cohort"] for row in rows),
            "rows": rows,
        }


def _copy(run: Path, to: Path) -> Path:
    if to.exists():
        shutil.rmtree(to)
    return shutil.copytree(run, to)


def _children() -> float:
    """CPU seconds of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
