"""LIMR's training log: the reward of every training row along the run on the full data.

LIMR reads one reward per row and epoch. The full run here ends after about one epoch, so
the curve is read off its checkpoints instead: one response per row and checkpoint.
"""

import json
from pathlib import Path

import pyarrow.parquet as pq
import torch

from .policy_gradient import Trainer
from .prompts import PromptSet


def write_curves(path: Path, full: Path, trainer: Trainer, data: PromptSet, parquet: Path) -> int:
    """JSON lines of id, epoch and reward from `full/model-STEP.pt`. Returns the rollouts taken."""
    checkpoints = sorted(full.glob("model-*.pt"), key=lambda file: int(file.stem.split("-")[1]))
    if not checkpoints:
        raise RuntimeError(f"{full} has no checkpoints yet: train the arm `full` first")
    rewards = []
    for checkpoint in checkpoints:
        trainer.model.load_state_dict(torch.load(checkpoint, weights_only=True))
        rewards.append("".join(map(str, trainer.evaluate(data, True, False))))
    put_curves(path, rewards, parquet)
    return sum(map(len, rewards))


def put_curves(path: Path, rewards: list[str], parquet: Path) -> None:
    """Writes rewards given as a digit a row, a string a checkpoint."""
    ids = pq.read_table(parquet, columns=["id"]).column("id").to_pylist()
    lines = [
        json.dumps({"id": row, "epoch": epoch, "reward": int(reward)})
        for epoch, found in enumerate(rewards, 1)
        for row, reward in zip(ids, found, strict=True)
    ]
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(path)


def get_curves(path: Path) -> list[str]:
    """What `put_curves` was given."""
    rewards: dict[int, list[str]] = {}
    for text in path.read_text().splitlines():
        line = json.loads(text)
        rewards.setdefault(line["epoch"], []).append(str(line["reward"]))
    return ["".join(found) for _, found in sorted(rewards.items())]
