"""One pass over a prompt and its images, which any number of its responses then go on from."""

import logging
from dataclasses import replace

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .last_layer import Captured, LastLayer, response_blocks

log = logging.getLogger("winnow.attention")


class CannotShareError(Exception):
    """The model keeps more of a prompt than keys and values, so its responses cannot share it."""


class _PromptLayer(DynamicLayer):
    """One layer's keys and values of a prompt: read by every response, changed by none."""

    def __init__(self, keys: Tensor, values: Tensor):
        super().__init__()
        self.keys, self.values = keys, values
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_, **__) -> tuple[Tensor, Tensor]:
        found = zip((self.keys, self.values), (key_states, value_states), strict=True)
        return tuple(torch.cat(pair, dim=-2) for pair in found)


def run_shared(layer: LastLayer, prompt: dict[str, Tensor], responses: Tensor) -> Captured:
    """The last layer of several responses to one prompt.

    `prompt`: as the processor made it, input_ids [1, tokens]; `responses`: [batch, tokens], padded
    on the right. Queries are the responses', keys those of prompt and response. Raises
    `CannotShareError`.
    """
    cache = DynamicCache()
    for module in layer.model.modules():
        # Qwen models remember how far image positions lie from token positions.
        if getattr(module, "rope_deltas", None) is not None:
            module.rope_deltas = None
    layer.run(prompt, cache)
    if layer.how != "captured":
        raise CannotShareError("its last layer runs eagerly")
    tokens = prompt["input_ids"].shape[1]
    if any(type(one) is not DynamicLayer or one.get_seq_length() != tokens for one in cache.layers):
        raise CannotShareError("not every layer of it keeps keys and values of all tokens")
    reading = DynamicCache()
    size = (len(responses), -1, -1, -1)
    reading.layers = [
        _PromptLayer(one.keys.expand(size), one.values.expand(size)) for one in cache.layers
    ]
    return replace(layer.run({"input_ids": responses}, reading), offset=tokens)


def disagreement(one: Captured, other: Captured, start: int, length: int) -> float:
    """How far the attention of the first response lies apart.

    Total variation in [0, 1]: mean over rows and heads of ½ Σ_j |A_ij - B_ij|.
    """
    blocks = (response_blocks(captured, 0, start, length) for captured in (one, other))
    apart = sum(
        float((a - b).abs().sum(-1).mean(0).sum()) for (_, a), (_, b) in zip(*blocks, strict=True)
    )
    return apart / 2 / length
