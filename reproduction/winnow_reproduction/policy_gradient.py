"""GRPO and RLOO on the nano model: one on-policy update per batch, on one thread.

GRPO (arXiv 2402.03300): advantage (r - mean) / (std + 1e-4) over a group, no KL term,
loss over all response tokens of the batch. RLOO (arXiv 2402.14740): advantage r - mean of the
others, loss per response. With one update per batch the probability ratio is 1 and clipping
inert. Groups whose rewards are all equal have no gradient and are left out of the backward
pass; they are paid for in rollouts all the same.
"""

import random
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModelForImageTextToText

from . import flops
from .architectures import EOS, PAD
from .model import build_tokenizer
from .prompts import PromptSet
from .reward import WinnowGrader
from .shared_prompt import log_probs, sample


@dataclass(frozen=True)
class Settings:
    """All that a training run depends on besides its data. Rates are AdamW's."""

    algorithm: str = "grpo"  # grpo, rloo or sft (fine_tuning.py)
    steps: int = 200
    prompts: int = 32  # per step
    group: int = 8  # responses per prompt
    rate: float = 1e-4
    warmup: int = 10  # steps
    clip: float = 1.0  # of the gradient's norm
    longest: int = 32  # tokens of a response; longer ones count as wrong
    evaluate_every: int = 25  # steps
    seed: int = 0


@dataclass
class Batch:
    """What one step saw: token counts are totals, `correct` is per prompt and response."""

    rows: list[int]
    correct: Tensor  # float [B, G]
    prompt_tokens: int
    response_tokens: int
    seconds: dict[str, float] = field(default_factory=dict)


def advantages(rewards: Tensor, algorithm: str) -> Tensor:
    """rewards [B, G] -> [B, G]"""
    centred = rewards - rewards.mean(1, keepdim=True)
    if algorithm == "rloo":
        group = rewards.shape[1]
        return centred * group / (group - 1)
    return centred / (rewards.std(1, keepdim=True) + 1e-4)


def policy_loss(scores: Tensor, advantage: Tensor, algorithm: str, tokens: int) -> Tensor:
    """scores [B, G, R] with 0 on padding, advantage [B, G], tokens of the whole batch -> scalar"""
    weighted = scores.sum(2) * advantage
    return -weighted.mean() if algorithm == "rloo" else -weighted.sum() / tokens


class Trainer:
    """A policy, its optimiser and its random state; `step` takes one step on the given rows."""

    def __init__(self, model: Path, settings: Settings, grader: WinnowGrader) -> None:
        self.settings, self.grader = settings, grader
        self.model = AutoModelForImageTextToText.from_pretrained(model, dtype=torch.float32)
        self.model.train(False)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.rate, betas=(0.9, 0.99), weight_decay=0.0
        )
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.tokenizer = build_tokenizer()
        self.cost = flops.cost_of(self.model)
        self.taken = 0

    def state(self) -> dict:
        """Everything `restore` needs to go on as if nothing had happened."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "taken": self.taken,
        }

    def restore(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"])
        self.taken = state["taken"]

    def judge(self, data: PromptSet, rows: list[int], responses: Tensor) -> Tensor:
        """Winnow's verdicts as 0 or 1; a response without its end is wrong. -> [B, G]"""
        batch, group, _ = responses.shape
        texts = self.tokenizer.batch_decode(responses.flatten(0, 1), skip_special_tokens=True)
        truths = [data.truths[row] for row in rows for _ in range(group)]
        right = torch.tensor(self.grader.grade(truths, texts)).view(batch, group)
        return (right & (responses == EOS).any(2)).float()

    def step(self, data: PromptSet, rows: list[int]) -> dict:
        """Samples, grades, learns. Returns the line of the log."""
        s = self.settings
        began, used = time.perf_counter(), time.process_time()
        prompts = data.batch(rows)
        responses = sample(self.model, prompts, s.group, self.generator, s.longest)
        sampled = time.perf_counter()
        correct = self.judge(data, rows, responses)
        graded = time.perf_counter()
        tokens = int((responses != PAD).sum())
        signal = [i for i, row in enumerate(correct) if row.min() < row.max()]
        work = self._costs(prompts.lengths, responses, signal)
        if signal:
            self._learn(data, [rows[i] for i in signal], responses[signal], correct, signal, tokens)
        self.taken += 1
        ended = time.perf_counter()
        return {
            "step": self.taken,
            "reward": round(float(correct.mean()), 4),
            "signal": len(signal),
            "rollouts": correct.numel(),
            "prompt_tokens": int(prompts.lengths.sum()),
            "response_tokens": tokens,
            "gflop": round(work / 1e9, 3),
            "seconds": round(ended - began, 4),
            "sampling": round(sampled - began, 4),
            "grading": round(graded - sampled, 4),
            "cpu": round(time.process_time() - used, 4),
            "rows": rows,
            "correct": [int(n) for n in correct.sum(1)],
        }

    def _learn(
        self,
        data: PromptSet,
        rows: list[int],
        responses: Tensor,
        correct: Tensor,
        signal: list[int],
        tokens: int,
    ) -> None:
        s = self.settings
        advantage = advantages(correct, s.algorithm)[signal]
        scores = log_probs(self.model, data.batch(rows), responses)
        loss = policy_loss(scores, advantage, s.algorithm, tokens)
        if s.algorithm == "rloo":
            loss = loss * len(signal) / len(correct)  # the mean is over the whole batch
        self._descend(loss)

    def _descend(self, loss: Tensor) -> None:
        s = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = s.rate * min(1.0, (self.taken + 1) / s.warmup)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), s.clip)
        self.optimizer.step()

    def _costs(self, lengths: Tensor, responses: Tensor, signal: list[int]) -> float:
        batch, group, _ = responses.shape
        prompt = float(lengths.float().mean())
        tokens = float((responses != PAD).sum()) / (batch * group)
        sampled = flops.sampling(self.cost, batch, prompt, batch * group, tokens)
        learnt = flops.learning(self.cost, len(signal), prompt, len(signal) * group, tokens)
        return sampled + learnt

    def evaluate(self, data: PromptSet, image: bool, greedy: bool, size: int = 256) -> list[int]:
        """One response per row: 1 where it is correct. Draws do not touch training's."""
        generator = None if greedy else torch.Generator().manual_seed(1)
        order = sorted(range(len(data)), key=lambda row: len(data.with_image[row]))
        found = [0] * len(data)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            prompts = data.batch(rows, image)
            responses = sample(self.model, prompts, 1, generator, self.settings.longest)
            for row, right in zip(rows, self.judge(data, rows, responses)[:, 0], strict=True):
                found[row] = int(right)
        return found


def epochs(rows: list[int], size: int, seed: int | str):
    """Batches of `size` rows for ever: each epoch in a new order, batches may span two."""
    rng, line = random.Random(seed), []
    while True:
        while len(line) < size:
            order = list(rows)
            rng.shuffle(order)
            line += order
        yield line[:size]
        line = line[size:]


def describe(settings: Settings) -> dict:
    return asdict(settings)
