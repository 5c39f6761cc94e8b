"""Rows of a Parquet file as token ids, pixels and ground truths, ready to be batched."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image

from .architectures import ASSISTANT, BOS, IMAGE, IMAGE_TOKENS, PAD, USER
from .model import build_tokenizer
from .shared_prompt import Prompts


@dataclass(frozen=True)
class PromptSet:
    """ids of both arms, pixels uint8 [n, 3, 64, 64], truths; rows in the file's order."""

    with_image: list[list[int]]
    without: list[list[int]]
    pixels: torch.Tensor
    truths: list[str]

    def __len__(self) -> int:
        return len(self.truths)

    def batch(self, rows: list[int], image: bool = True) -> Prompts:
        """These rows, right-padded."""
        ids = [(self.with_image if image else self.without)[row] for row in rows]
        length = max(map(len, ids))
        padded = torch.tensor([row + [PAD] * (length - len(row)) for row in ids])
        lengths = torch.tensor([len(row) for row in ids])
        # The processor's normalisation.
        pixels = self.pixels[rows].float().div(127.5).sub(1) if image else None
        return Prompts(padded, lengths, pixels)


def load(parquet: Path) -> PromptSet:
    """Reads `problem`, `answer` and the first of `images`."""
    table = pq.read_table(parquet, columns=["problem", "answer", "images"]).to_pydict()
    tokenizer = build_tokenizer()
    with_image, without, pictures = [], [], []
    for problem, images in zip(table["problem"], table["images"], strict=True):
        before, _, after = problem.partition("<image>")
        left, right = (tokenizer(text).input_ids for text in (before, after))
        with_image.append([BOS, USER, *left, *[IMAGE] * IMAGE_TOKENS, *right, ASSISTANT])
        without.append([BOS, USER, *left, *right, ASSISTANT])
        pictures.append(np.asarray(Image.open(io.BytesIO(images[0]["bytes"])).convert("RGB")))
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    return PromptSet(with_image, without, pixels, table["answer"])
