"""Supervised fine-tuning on the rows a selection takes: cross-entropy on their responses.

A row's response is its chain of thought and the answer of its `answer` column, which is what an
annotator hands over: a mislabelled row teaches its wrong answer.
"""

import time
from pathlib import Path

from torch import Tensor, tensor
from torch.nn.utils.rnn import pad_sequence

from . import figures, flops
from .architectures import EOS, PAD
from .policy_gradient import Settings, Trainer
from .prompts import PromptSet
from .reward import WinnowGrader
from .shared_prompt import log_probs


def responses(rows: int, seed: int) -> list[str]:
    """What is taught of each row of a training set, in the file's order."""
    return [row.question.response_with(row.answer) for row in figures.build(rows, seed)]


class FineTuner(Trainer):
    """Learns given responses, one of each row, where `Trainer` samples its own."""

    def __init__(
        self, model: Path, settings: Settings, grader: WinnowGrader, taught: list[str]
    ) -> None:
        super().__init__(model, settings, grader)
        self.taught = [[*ids, EOS] for ids in self.tokenizer(taught).input_ids]

    def step(self, data: PromptSet, rows: list[int]) -> dict:
        """Reads, learns. Returns the line of the log; the loss is per response token."""
        began, used = time.perf_counter(), time.process_time()
        prompts, wanted = data.batch(rows), self._targets(rows)
        tokens = int((wanted != PAD).sum())
        loss = -log_probs(self.model, prompts, wanted).sum() / tokens
        self._descend(loss)
        self.taken += 1
        n, read = len(rows), int(prompts.lengths.sum())
        work = flops.learning(self.cost, n, read / n, n, tokens / n)
        return {
            "step": self.taken,
            "loss": round(loss.item(), 4),
            "rollouts": 0,
            "prompt_tokens": read,
            "response_tokens": tokens,
            "gflop": round(work / 1e9, 3),
            "seconds": round(time.perf_counter() - began, 4),
            "cpu": round(time.process_time() - used, 4),
            "rows": rows,
        }

    def _targets(self, rows: list[int]) -> Tensor:
        """-> [B, 1, R], padded on the right"""
        ids = [tensor(self.taught[row]) for row in rows]
        return pad_sequence(ids, batch_first=True, padding_value=PAD).unsqueeze(1)
