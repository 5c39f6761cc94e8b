"""The study's data: fresh training rows per seed, scored and selected from by the command line.

Everything is made when it is first asked for and kept under the study's folder; a lock
lets several workers ask at once.
"""

import fcntl
import json
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import torch
from transformers import AutoModelForImageTextToText

from . import export_onnx, figures
from .questions import FAMILIES, Family, ask

ROOT = Path(__file__).resolve().parents[2]
WINNOW = ("node", str(ROOT / "bin" / "winnow.js"))
TRAINING_ROWS = 8000
# The six test families: what a question asks for. Every question is about the picture.
TEST_FAMILIES: dict[str, tuple[str, ...]] = {
    "recognise": ("color_of", "shape_of", "size_of", "exist"),
    "count": ("count", "total"),
    "locate": ("extreme", "next_to"),
    "compare": ("more", "same"),
    "calculate": ("add", "twice"),
    "choose": ("choice_color", "choice_extreme"),
}
TEST_ROWS_EACH = 200
TEST_SEED = 2001
VALIDATION_SEED = 2000  # for whatever is decided before the test is looked at


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock file; the system lets go of it if the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_json(path: Path, value: object) -> None:
    """Appears whole or not at all."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value))
    temporary.replace(path)


def winnow(*words: str) -> dict:
    """Runs a command of Winnow's that prints JSON."""
    command = [*WINNOW, *words, "--json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def home_of(model: str) -> Path:
    """Where a model of the study lies: the shipped one with Winnow, the second one here."""
    return (ROOT if model == "nano" else ROOT / "reproduction") / "models" / model


def model_directory(model: str) -> Path:
    """A model as Winnow runs it; ONNX files that are not kept are written from the weights."""
    home = home_of(model)
    with locked(ROOT / "reproduction" / "runs" / f"{model}.lock"):
        if not (home / "onnx" / "decoder_step.onnx").exists():
            weights = AutoModelForImageTextToText.from_pretrained(home, dtype=torch.float32)
            export_onnx.export(weights, home)
    return home


def held_out_rows(folder: Path, seed: int = TEST_SEED, each: int = TEST_ROWS_EACH) -> Path:
    """Clean rows of the six families in order, `each` of each, 2 to 6 figures. -> Parquet"""
    path = folder / f"test-{seed}-{each}" / "test.parquet"
    with locked(folder / f"test-{seed}-{each}.lock"):
        if not path.exists():
            rng, rows = random.Random(seed), []
            by_name: dict[str, Family] = {family.__name__: family for family in FAMILIES}
            for skill, names in TEST_FAMILIES.items():
                families = tuple(by_name[name] for name in names)
                for i in range(each):
                    scene, question = ask(rng, families, 2, 6)
                    problem = f"<image>{question.text}"
                    name = f"{skill}-{i:03d}"
                    row = figures.Row(name, skill, scene, question, question.answer, problem)
                    rows.append(row)
            figures.write(rows, path, path.with_name("truth.jsonl"))
    return path


class Scored:
    """A training set of one seed, and Winnow's run directory over it."""

    def __init__(self, folder: Path, seed: int, model: str = "nano") -> None:
        self.seed, self.model = seed, model
        self.folder = folder / f"data-{seed}"
        self.parquet = self.folder / "data" / "train.parquet"
        suffix = "" if model == "nano" else f"-{model}"
        self.run = self.folder / f"run{suffix}"
        self.selections = self.folder / f"selections{suffix}"
        self.curves = self.folder / f"curves{suffix}.jsonl"

    def ready(self, rows: int = TRAINING_ROWS) -> None:
        """Draws the rows; scores them lazily as a user would, then takes what was saved.

        Rivals need all rollouts and the attention of every sample; RAP's own price is
        that of the lazy run, whose summary is kept.
        """
        with locked(self.folder / "lock"):
            if not self.parquet.exists():
                truth = self.folder / "truth.jsonl"
                figures.write(figures.build(rows, self.seed), self.parquet, truth)
            lazy, full = (self.run.with_name(f"{self.run.name}-{p}.json") for p in ("lazy", "full"))
            if not lazy.exists():
                model = str(model_directory(self.model))
                data, out = str(self.parquet.parent), str(self.run)
                write_json(lazy, winnow("run", data, "--out", out, "--model", model))
            if not full.exists():
                write_json(full, winnow("run", str(self.run), "--protocol", "full"))

    def price(self) -> dict:
        """Rollouts, tokens and seconds of the lazy and of the full protocol."""
        found = {}
        for protocol in ("lazy", "full"):
            path = self.run.with_name(f"{self.run.name}-{protocol}.json")
            summary = json.loads(path.read_text())
            found[protocol] = {key: summary[key] for key in ("rollouts", "seconds", "attended")}
        return found

    def price_from_nothing(self, method: str, budget: int) -> dict:
        """The summary of a lazy run of another method that finds no rollouts; made once."""
        out = self.run.with_name(f"{method}-{self.run.name}-lazy")
        path = out.with_suffix(".json")
        if not path.exists():
            words = ["--method", method, "--budget", str(budget), "--attention", "none"]
            model = str(model_directory(self.model))
            data = str(self.parquet.parent)
            write_json(path, winnow("run", data, "--out", str(out), "--model", model, *words))
            shutil.rmtree(out)
        return json.loads(path.read_text())

    def select(self, name: str, how: dict) -> list[int]:
        """The rows of a selection, by row number; made once and kept.

        `how` is one of: nothing (all rows); `draw`, a number of rows at random; `flags`, the
        words after `winnow select RUN`. `{rap}` stands for the size of the selection `rap`,
        `{curves}` for the full run's training log.
        """
        path = self.selections / f"{name}.json"
        with locked(self.folder / "lock"):
            if path.exists():
                return json.loads(path.read_text())["rows"]
            self.selections.mkdir(exist_ok=True)
            began, summary, words = time.monotonic(), None, None
            total = pq.read_metadata(self.parquet).num_rows
            if "draw" in how:
                rows = random.Random(self.seed).sample(range(total), self._size(how["draw"]))
            elif "flags" in how:
                words = [str(self._size(word)) for word in how["flags"]]
                summary = winnow("select", str(self.run), *words)
                rows = self.selected(self.run)
            else:
                rows = list(range(total))
            seconds = round(time.monotonic() - began, 2)
            kept = {"rows": sorted(rows), "flags": words, "seconds": seconds}
            if summary:
                kept |= {key: summary[key] for key in ("reasons", "rollouts")}
            write_json(path, kept)
            return kept["rows"]

    def scores(self) -> dict[str, list]:
        """Counts and ψ of every sample, as RAP has them; made once and kept.

        A run's scores lack ψ while the last selection did not ask for it.
        """
        path = self.folder / f"{self.run.name}-scores.parquet"
        with locked(self.folder / "lock"):
            if not path.exists():
                winnow("select", str(self.run), "--method", "rap", "--preset", "paper")
                shutil.copy(self.run / "scores.parquet", path)
        return pq.read_table(path).to_pydict()

    def _size(self, word: object) -> int | str:
        if word == "{curves}":
            return str(self.curves)
        if word != "{rap}":
            return word
        return len(json.loads((self.selections / "rap.json").read_text())["rows"])

    def selected(self, run: Path) -> list[int]:
        """The rows that a run directory over this data set has selected, in order."""
        table = pq.read_table(run / "decisions.parquet", columns=["row", "selected"])
        columns = table.to_pydict()
        kept = zip(columns["row"], columns["selected"], strict=True)
        return sorted(row for row, chosen in kept if chosen)
