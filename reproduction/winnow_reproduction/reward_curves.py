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
    ids = pq.read_table(parquet, columns=["id"]).column("id").to_pylist()
    lines = []
    for epoch, checkpoint in enumerate(checkpoints, 1):
        trainer.model.load_state_dict(torch.load(checkpoint, weights_only=True))
        for row, reward in zip(ids, trainer.evaluate(data, True, False), strict=True):
            lines.append(json.dumps({"id": row, "epoch": epoch, "reward": reward}))
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n")
    temporary.replace(path)
    return len(lines)
