"""LIMR's training log: the reward of every training row, from what is logged already.

LIMR reads a reward per row and epoch. The full run here ends after one epoch, so that a row
has two points: its pass rate before training, from the scoring, and that of its group in the
full run, whenever its turn was. Whole pass rates, for a curve of single zeros and ones lies
close to no mean.
"""

import json
from pathlib import Path

import pyarrow.parquet as pq


def curves(log: list[dict], correct: list[int], rollouts: int) -> list[list[float]]:
    """Rewards by row and epoch: `correct` of `rollouts`, then the groups of the full run's log.

    Only the first time that the log has a row counts; ValueError for a row that never came.
    """
    first: dict[int, float] = {}
    for line in log:
        if "step" in line:
            group = line["rollouts"] // len(line["rows"])
            for row, right in zip(line["rows"], line["correct"], strict=True):
                first.setdefault(row, right / group)
    missing = len(correct) - len(first)
    if missing:
        raise ValueError(f"{missing} of {len(correct)} rows never came up in the full run's log")
    return [[right / rollouts, first[row]] for row, right in enumerate(correct)]


def write_curves(path: Path, full: Path, correct: list[int], rollouts: int, parquet: Path) -> None:
    """JSON lines of id, epoch and reward, from the run folder `full`."""
    if not (full / "done").exists():
        raise RuntimeError(f"{full} is not finished yet: train the arm `full` first")
    log = [json.loads(line) for line in (full / "log.jsonl").read_text().splitlines()]
    ids = pq.read_table(parquet, columns=["id"]).column("id").to_pylist()
    lines = [
        json.dumps({"id": row, "epoch": epoch, "reward": reward})
        for row, found in zip(ids, curves(log, correct, rollouts), strict=True)
        for epoch, reward in enumerate(found, 1)
    ]
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(path)
