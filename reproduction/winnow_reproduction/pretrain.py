"""The base model in three stages: see, answer, and sometimes look away.

Stage 1, perception: every cell's shape, neighbours and place are read off its image
token. In a pilot without it, shapes and sizes stayed at chance for 12 minutes.
Stage 2, clean fine-tuning: responses with and without pictures; without a picture the
gold is the hidden scene's, so the text arm learns the prior instead of a refusal.
Stage 3, looking away: some pictures are replaced while question and response stay. The
errors this leaves are ones that reinforcement learning can mend: the model can see,
but does not always look.
"""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor, nn
from transformers import LlavaForConditionalGeneration

from . import lean
from .architectures import ASSISTANT, BOS, EOS, IMAGE, IMAGE_TOKENS, PAD, USER
from .model import build_tokenizer
from .questions import FAMILIES, Question, ask
from .scenes import COLORS, EXTREMES, NEIGHBOURS, SHAPES, SIZES, Scene, random_scene, render
from .text_questions import IRRELEVANT_FAMILIES, LANGUAGE_FAMILIES, another_answer, ask_text

IGNORED = -100  # label of tokens that are not trained on
SLOW_FAMILIES = ("next_to", "choice_extreme", "choice_color", "size_of", "more")


@dataclass(frozen=True)
class Recipe:
    """Everything training depends on. Rates are Adam's; batches are rows per step."""

    seed: int = 20_250_604
    weights_seed: int = 0
    perception_steps: int = 1500
    perception_batch: int = 64
    perception_rate: float = 2e-3
    answer_steps: int = 5000
    answer_rate: float = 2e-3
    visual_rows: int = 50
    text_rows: int = 16  # text-only questions, half of them with a picture
    blind_rows: int = 10  # visual questions without their picture
    warmup: int = 100  # steps
    perception_weight: float = 0.3  # of the perception loss, kept during stage 2
    lapse_steps: int = 200
    lapse_rate: float = 5e-4
    # Chance of looking away = scale x (base + slope x figures), by steps of the question.
    lapse_scale: float = 1.6
    lapse_by_steps: dict[int, tuple[float, float]] = field(
        default_factory=lambda: {1: (0.10, 0.04), 2: (0.14, 0.05), 3: (0.20, 0.06)}
    )
    # Chance of a wrong answer in questions that need no picture.
    slips: dict[str, float] = field(
        default_factory=lambda: {
            "arith": 0.10, "arith2": 0.30, "larger": 0.06, "arith_choice": 0.15,
            "stated": 0.15, "stated_more": 0.08, "given": 0.03, "given_choice": 0.05,
            "unseen": 0.02, "sides": 0.02,
        }
    )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One training example; `scene` is what the model is shown, None without a picture."""

    question: Question
    scene: Scene | None
    response: str


class Rows:
    """Draws training rows and turns them into tensors. One seed, one endless stream."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.tokenizer = build_tokenizer()
        weights = [2 if family.__name__ in SLOW_FAMILIES else 1 for family in FAMILIES]
        self.families = tuple(f for f, n in zip(FAMILIES, weights, strict=True) for _ in range(n))

    def visual(self, recipe: Recipe | None = None, blind: bool = False) -> Row:
        """A question about a picture; with a recipe, sometimes about another picture."""
        scene, question = ask(self.rng, self.families, 1, 6)
        shown = scene
        if recipe:
            base, slope = recipe.lapse_by_steps[question.steps]
            if self.rng.random() < recipe.lapse_scale * (base + slope * len(scene.figures)):
                shown = random_scene(self.rng, 1, 6)
        return Row(question, None if blind else shown, question.response)

    def textual(self, recipe: Recipe | None = None, blind: bool = False) -> Row:
        """A question that needs no picture; with a recipe, sometimes answered wrongly."""
        question = ask_text(self.rng, LANGUAGE_FAMILIES + IRRELEVANT_FAMILIES)
        response = question.response
        if recipe and self.rng.random() < recipe.slips[question.family]:
            response = question.response_with(another_answer(self.rng, question))
        return Row(question, None if blind else random_scene(self.rng, 1, 6), response)

    def batch(self, rows: list[Row]) -> tuple[Tensor, Tensor, Tensor, list[Scene]]:
        """Right-padded ids [B, T], labels [B, T], pixels [n, 3, 64, 64], the scenes shown."""
        questions = self.tokenizer([r.question.text for r in rows]).input_ids
        responses = self.tokenizer([r.response for r in rows]).input_ids
        inputs, labels = [], []
        for row, question, response in zip(rows, questions, responses, strict=True):
            picture = [IMAGE] * IMAGE_TOKENS if row.scene else []
            last = self.rng.random() < 0.15  # the picture may follow the question
            content = question + picture if last else picture + question
            prompt = [BOS, USER, *content, ASSISTANT]
            inputs.append(prompt + response + [EOS])
            labels.append([IGNORED] * len(prompt) + response + [EOS])
        length = max(map(len, inputs))
        ids = torch.tensor([row + [PAD] * (length - len(row)) for row in inputs])
        target = torch.tensor([row + [IGNORED] * (length - len(row)) for row in labels])
        scenes = [row.scene for row in rows if row.scene]
        return ids, target, to_pixels(scenes), scenes


def to_pixels(scenes: list[Scene]) -> Tensor:
    """The processor's normalisation. -> [n, 3, 64, 64] in [-1, 1]"""
    pixels = torch.from_numpy(np.stack([render(scene) for scene in scenes]))
    return pixels.permute(0, 3, 1, 2).float().div(127.5).sub(1)


class Perception(nn.Module):
    """Linear read-outs of every image token, thrown away after training.

    Left alone they stretch the image tokens to 25 times the length of word embeddings,
    which slows the decoder down; a small penalty on the features keeps both alike
    (0.95 against 0.90 after stage 2, together with fewer pictures after the question).
    """

    penalty = 0.02

    def __init__(self, width: int) -> None:
        super().__init__()
        empty = 1
        self.sizes = [len(COLORS) + empty, len(SHAPES) + empty, len(SIZES) + empty]
        self.sizes += [len(COLORS) + empty] * len(NEIGHBOURS)
        self.sizes += [len(SHAPES) + empty] * len(NEIGHBOURS)
        self.sizes += [2] * len(EXTREMES)
        self.head = nn.Linear(width, sum(self.sizes))

    def forward(self, features: Tensor, scenes: list[Scene]) -> Tensor:
        """Mean cross-entropy over cells and read-outs. features [n, P, d] -> scalar"""
        target = torch.from_numpy(np.stack([cell_targets(scene) for scene in scenes]))
        outputs = self.head(features).split(self.sizes, -1)
        losses = [
            F.cross_entropy(out.flatten(0, 1), target[..., i].flatten())
            for i, out in enumerate(outputs)
        ]
        return torch.stack(losses).sum() / 4 + self.penalty * features.pow(2).mean()


COLOR_INDEX = {name: i + 1 for i, name in enumerate(COLORS)}
SHAPE_INDEX = {name: i + 1 for i, name in enumerate(SHAPES)}
SIZE_INDEX = {name: i + 1 for i, name in enumerate(SIZES)}


def cell_targets(scene: Scene) -> np.ndarray:
    """What each cell shows, 0 for nothing. -> int64 [16, 3 + 4 + 4 + 4]"""
    grid = np.zeros((6, 6, 2), np.int64)  # with a border of empty cells
    targets = np.zeros((4, 4, 15), np.int64)
    for f in scene.figures:
        grid[f.row + 1, f.col + 1] = COLOR_INDEX[f.color], SHAPE_INDEX[f.shape]
        targets[f.row, f.col, 2] = SIZE_INDEX[f.size]
        for i, rank in enumerate(EXTREMES.values()):
            targets[f.row, f.col, 11 + i] = rank(f) == min(map(rank, scene.figures))
    targets[..., 0:2] = grid[1:5, 1:5]
    for i, (dy, dx) in enumerate(NEIGHBOURS.values()):
        near = grid[1 + dy : 5 + dy, 1 + dx : 5 + dx]
        targets[..., 3 + i], targets[..., 7 + i] = near[..., 0], near[..., 1]
    return targets.reshape(16, 15)


def answer_loss(
    model: LlavaForConditionalGeneration, ids: Tensor, labels: Tensor, features: Tensor
) -> Tensor:
    """Mean cross-entropy of the response tokens. ids, labels [B, T] -> scalar"""
    hidden = lean.hidden_states(model, lean.embed(model, ids, features))
    wanted = labels[:, 1:] != IGNORED
    return F.cross_entropy(model.lm_head(hidden[:, :-1][wanted]), labels[:, 1:][wanted])


class Trainer:
    """Runs the stages, logs every 50 steps, and picks up at the last finished checkpoint."""

    def __init__(self, model: LlavaForConditionalGeneration, recipe: Recipe, run: Path) -> None:
        self.model, self.recipe, self.run = model, recipe, run
        run.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self.perception = Perception(model.config.text_config.hidden_size)
        self.parameters = [*model.parameters(), *self.perception.parameters()]

    def stage(
        self,
        name: str,
        steps: int,
        rate: float,
        step_loss: Callable[[Rows], Tensor],
        warmup: int,
        floor: float,
        every: int = 400,
    ) -> None:
        """Adam with a linear schedule from `rate` to `floor` x `rate`; skipped when done."""
        path = self.run / f"{name}.pt"
        if path.exists():
            saved = torch.load(path, weights_only=True)
            self.model.load_state_dict(saved["model"])
            self.perception.load_state_dict(saved["perception"])
            self.log(name, note="resumed")
            return
        optimizer = torch.optim.AdamW(
            self.parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.01
        )
        rows, partial, first = (
            Rows(f"{self.recipe.seed}/{name}"),
            self.run / f"{name}.partial.pt",
            0,
        )
        if partial.exists():
            saved = torch.load(partial, weights_only=False)
            first = saved["step"]
            self.model.load_state_dict(saved["model"])
            self.perception.load_state_dict(saved["perception"])
            optimizer.load_state_dict(saved["optimizer"])
            rows.rng.setstate(saved["rng"])
        began, losses = time.monotonic(), []
        for step in range(first, steps):
            for group in optimizer.param_groups:
                slope = 1 - (1 - floor) * step / steps
                group["lr"] = rate * slope * min(1.0, (step + 1) / max(1, warmup))
            loss = step_loss(rows)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters, 1.0)
            optimizer.step()
            losses.append(loss.item())
            if (step + 1) % 50 == 0:
                seconds = round(time.monotonic() - began, 1)
                self.log(
                    name, step=step + 1, loss=round(float(np.mean(losses)), 4), seconds=seconds
                )
                losses = []
            if (step + 1) % every == 0:
                self.checkpoint(partial, step + 1, optimizer, rows)
        self.checkpoint(path, steps, None, rows)
        partial.unlink(missing_ok=True)

    def checkpoint(self, path: Path, step: int, optimizer, rows: Rows) -> None:
        state = {"model": self.model.state_dict(), "perception": self.perception.state_dict()}
        if optimizer:
            state |= {"step": step, "optimizer": optimizer.state_dict(), "rng": rows.rng.getstate()}
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        temporary.replace(path)

    def log(self, stage: str, **values) -> None:
        line = json.dumps({"stage": stage, **values})
        print(line, flush=True)
        with (self.run / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def see(self, rows: Rows) -> Tensor:
        scenes = [random_scene(rows.rng, 1, 9) for _ in range(self.recipe.perception_batch)]
        return self.perception(lean.image_features(self.model, to_pixels(scenes)), scenes)

    def answer(self, rows: Rows) -> Tensor:
        r = self.recipe
        drawn = [rows.visual() for _ in range(r.visual_rows)]
        drawn += [rows.visual(blind=True) for _ in range(r.blind_rows)]
        drawn += [rows.textual(blind=i % 2 == 0) for i in range(r.text_rows)]
        ids, labels, pixels, scenes = rows.batch(drawn)
        features = lean.image_features(self.model, pixels)
        loss = answer_loss(self.model, ids, labels, features)
        return loss + r.perception_weight * self.perception(features, scenes)

    def lapse(self, rows: Rows) -> Tensor:
        r = self.recipe
        drawn = [rows.visual(r) for _ in range(r.visual_rows + 20)]
        drawn += [rows.visual(blind=True) for _ in range(r.blind_rows + 4)]
        drawn += [rows.textual(r, blind=i % 2 == 0) for i in range(r.text_rows + 8)]
        ids, labels, pixels, _ = rows.batch(drawn)
        return answer_loss(self.model, ids, labels, lean.image_features(self.model, pixels))

    def train(self) -> None:
        r = self.recipe
        self.stage("perception", r.perception_steps, r.perception_rate, self.see, 20, 0.1)
        self.stage("answer", r.answer_steps, r.answer_rate, self.answer, r.warmup, 0.05)
        self.stage("lapse", r.lapse_steps, r.lapse_rate, self.lapse, 0, 0.0)
