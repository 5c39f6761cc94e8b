"""Sampled responses from the exported ONNX files, many rows at once.

B prompts, M rollouts of each, S prompt tokens, V vocabulary.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from .architectures import ASSISTANT, BOS, EOS, IMAGE, IMAGE_TOKENS, PAD, USER
from .model import build_tokenizer
from .scenes import Scene, render

MAX_NEW_TOKENS = 32
BOXED = re.compile(r"\\boxed\{([^{}]*)\}")


@dataclass(frozen=True)
class Prompt:
    """A problem with its `<image>` placeholder; without a scene it is the text arm."""

    problem: str
    scene: Scene | None


def answer_in(response: str) -> str | None:
    """What the last box holds, or None where the response has no box."""
    found = BOXED.findall(response)
    return found[-1] if found else None


class OnnxNano:
    """The three sessions and a batched decoding loop."""

    def __init__(self, directory: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.vision, self.embed, self.decoder = (
            onnxruntime.InferenceSession(directory / "onnx" / f"{name}.onnx", options)
            for name in ("vision_encoder", "embed_tokens", "decoder_model_merged")
        )
        self.tokenizer = build_tokenizer()
        caches = [value for value in self.decoder.get_inputs() if "past" in value.name]
        self.cache_names = [value.name for value in caches]
        _, self.heads, _, self.head = caches[0].shape
        self.present_names = [n.replace("past_key_values", "present") for n in self.cache_names]

    def prompt_ids(self, prompt: Prompt) -> list[int]:
        """The chat template, with the placeholder expanded or, without a scene, dropped."""
        picture = [IMAGE] * IMAGE_TOKENS if prompt.scene else []
        before, _, after = prompt.problem.partition("<image>")
        content = [*self.tokenizer(before).input_ids, *picture, *self.tokenizer(after).input_ids]
        return [BOS, USER, *content, ASSISTANT]

    def prefill(self, prompts: list[Prompt]) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        """Left-padded. -> next logits [B, V], attention mask [B, S], cache [B, h, S, w] each"""
        rows = [self.prompt_ids(prompt) for prompt in prompts]
        length = max(map(len, rows))
        ids = np.array([[PAD] * (length - len(row)) + row for row in rows], np.int64)
        mask = (ids != PAD).astype(np.int64)
        embeds = self.embed.run(None, {"input_ids": ids})[0]
        scenes = [prompt.scene for prompt in prompts if prompt.scene]
        if scenes:
            pixels = np.stack([render(scene) for scene in scenes]).transpose(0, 3, 1, 2)
            pixels = pixels.astype(np.float32) / np.float32(127.5) - 1
            features = self.vision.run(None, {"pixel_values": pixels})[0]
            embeds[ids == IMAGE] = features.reshape(-1, features.shape[-1])
        empty = np.zeros((len(rows), self.heads, 0, self.head), np.float32)
        logits, *cache = self.decoder.run(
            ["logits", *self.present_names],
            {
                "inputs_embeds": embeds,
                "attention_mask": mask,
                "position_ids": np.maximum(mask.cumsum(1) - 1, 0),
                **dict.fromkeys(self.cache_names, empty),
            },
        )
        return logits[:, -1], mask, cache

    def generate(
        self, prompts: list[Prompt], samples: int, temperature: float, rng: np.random.Generator
    ) -> list[list[list[int]]]:
        """Response ids, up to and including `<eos>`: [B][M][tokens]. Temperature 0 is greedy."""
        logits, mask, cache = self.prefill(prompts)
        logits, mask = np.repeat(logits, samples, 0), np.repeat(mask, samples, 0)
        cache = [np.repeat(part, samples, 0) for part in cache]
        position, active = mask.sum(1, keepdims=True), np.ones(len(mask), bool)
        tokens: list[list[int]] = [[] for _ in mask]
        for _ in range(MAX_NEW_TOKENS):
            if temperature:
                logits = logits / np.float32(temperature) + rng.gumbel(size=logits.shape)
            chosen = logits.argmax(-1)
            for row in np.flatnonzero(active):
                tokens[row].append(int(chosen[row]))
            active &= chosen != EOS
            if not active.any():
                break
            mask = np.concatenate((mask, np.ones_like(position)), 1)
            logits, *cache = self.decoder.run(
                ["logits", *self.present_names],
                {
                    "inputs_embeds": self.embed.run(None, {"input_ids": chosen[:, None]})[0],
                    "attention_mask": mask,
                    "position_ids": position,
                    **dict(zip(self.cache_names, cache, strict=True)),
                },
            )
            logits, position = logits[:, -1], position + 1
        return [tokens[i : i + samples] for i in range(0, len(tokens), samples)]

    def answers(
        self, prompts: list[Prompt], samples: int, temperature: float, seed: int, rows: int = 256
    ) -> list[list[str | None]]:
        """Boxed answers [B][M], about `rows` responses at a time, prompts grouped by length."""
        rng = np.random.default_rng(seed)
        order = sorted(range(len(prompts)), key=lambda i: len(self.prompt_ids(prompts[i])))
        size, found = max(1, rows // samples), {}
        for start in range(0, len(order), size):
            group = order[start : start + size]
            responses = self.generate([prompts[i] for i in group], samples, temperature, rng)
            for i, drawn in zip(group, responses, strict=True):
                found[i] = [answer_in(text) for text in self.tokenizer.batch_decode(drawn)]
        return [found[i] for i in range(len(prompts))]
