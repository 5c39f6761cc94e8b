"""The last decoder layer's attention rows of any model, without its L × L table.

Transformers hands every attention layer's queries and keys, after projection, bias, norms and
rotary embedding, to a function named by the layer's configuration. The last layer alone gets a
function that takes them and ends the pass there; the layers below run the fast kernel.
"""

import copy
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import DynamicCache
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

CAPTURE = "winnow_capture"
BLOCK_BYTES = 4 * 2**20
"""Of a block of rows of all heads in float32, on the CPU."""
DEVICE_BLOCK = 16
"""A block on another device is so many times larger: it costs as many kernels whatever its size."""

log = logging.getLogger("winnow.attention")


@dataclass(frozen=True)
class Captured:
    """What the last layer's attention is made of, or (eager) the attention itself."""

    query: Tensor | None = None
    """[batch, heads, queries, width]"""
    key: Tensor | None = None
    """[batch, key heads, keys, width]"""
    mask: Tensor | None = None
    """[batch or 1, 1, queries, keys], True or 0 where a row sees; None: causal"""
    scaling: float = 1.0
    softcap: float | None = None
    window: int | None = None
    weights: Tensor | None = None
    """[batch, heads, tokens, tokens]"""
    offset: int = 0
    """keys before that of the first query"""


class _Reached(BaseException):
    """The pass came to the last layer's attention; nothing after it is needed."""

    def __init__(self, captured: Captured):
        self.captured = captured


class _Unsupported(BaseException):
    """The last layer's attention is more than a masked softmax of queries and keys."""


def _capture(module, query, key, value, attention_mask, scaling=None, **more):
    if any(more.get(name) is not None for name in ("position_bias", "s_aux")):
        raise _Unsupported
    mask = attention_mask if attention_mask is not None and attention_mask.ndim == 4 else None
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    window = more.get("sliding_window")
    raise _Reached(Captured(query, key, mask, scaling, more.get("softcap"), window))


ALL_ATTENTION_FUNCTIONS.register(CAPTURE, _capture)


class LastLayer:
    """Runs a model up to its last decoder layer's attention.

    `how` is "captured", or "eager" for a model whose attention does not go through Transformers'
    attention functions: its last layer alone then computes the whole table. Not thread-safe.
    """

    def __init__(self, model: nn.Module, eager: bool = False):
        self.model = model
        self.module = find_last_attention(model)
        self.module.config = copy.copy(self.module.config)
        self.how = "captured"
        self._set("_attn_implementation", CAPTURE)
        if eager:
            self._fall_back()

    @property
    def heads(self) -> int:
        return self.module.config.num_attention_heads

    @torch.inference_mode()
    def run(self, inputs: dict[str, Tensor], cache: DynamicCache | None = None) -> Captured:
        """One teacher-forced pass over right-padded inputs, input_ids: [batch, tokens].

        `cache`: what every layer keeps of the tokens before, and of these.
        """
        kept = {"past_key_values": cache, "use_cache": cache is not None}
        for _ in range(2):
            try:
                self.model(**inputs, **kept, return_dict=True)
            except _Reached as reached:
                return reached.captured
            except _Unsupported:
                pass
            if self.how == "eager":
                break
            self._fall_back()
        raise RuntimeError(
            f"{type(self.model).__name__}: its last layer ({type(self.module).__name__}) gives no "
            "attention probabilities, so ACE cannot run with it"
        )

    def _set(self, name: str, value: str) -> None:
        setattr(self.module.config, name, value)

    def _fall_back(self) -> None:
        log.warning(
            "%s: the attention of its last layer cannot be captured; that layer alone runs eagerly "
            "and takes heads × tokens × tokens memory",
            type(self.model).__name__,
        )
        self.how = "eager"
        self._set("_attn_implementation", "eager")
        self.module.register_forward_pre_hook(_give_float_mask, with_kwargs=True)
        self.module.register_forward_hook(_take_weights)


def _give_float_mask(module, args, kwargs):
    """Eager attention adds its mask to the scores, and is not causal without one."""
    hidden = kwargs.get("hidden_states", args[0] if args else None)
    mask = kwargs.get("attention_mask")
    if mask is None or mask.ndim != 4:
        size = hidden.shape[1]
        mask = torch.ones(size, size, dtype=torch.bool, device=hidden.device).tril()[None, None]
    if mask.dtype == torch.bool:
        lowest = torch.finfo(hidden.dtype).min
        mask = torch.zeros_like(mask, dtype=hidden.dtype).masked_fill(~mask, lowest)
    return args, {**kwargs, "attention_mask": mask}


def _take_weights(module, args, output):
    weights = output[1] if isinstance(output, tuple) and len(output) > 1 else None
    if isinstance(weights, Tensor) and weights.ndim == 4:
        raise _Reached(Captured(weights=weights))


def find_last_attention(model: nn.Module) -> nn.Module:
    """The attention module of the last layer of the model's language decoder."""
    decoder = model.get_decoder()
    while not isinstance(getattr(decoder, "layers", None), nn.ModuleList):
        inner = [getattr(decoder, name, None) for name in ("language_model", "text_model", "model")]
        decoder = next((one for one in inner if isinstance(one, nn.Module)), None)
        if decoder is None:
            raise ValueError(f"{type(model).__name__}: found no list of decoder layers in it")
    layer = decoder.layers[-1]
    for name in ("self_attn", "attention", "attn"):
        module = getattr(layer, name, None)
        if module is not None and hasattr(module, "config"):
            return module
    raise ValueError(
        f"{type(model).__name__}: its last layer ({type(layer).__name__}) has no softmax "
        "attention, so ACE cannot run with it"
    )


@torch.inference_mode()
def response_blocks(
    captured: Captured, row: int, start: int, length: int
) -> Iterator[tuple[int, Tensor]]:
    """A response's attention in blocks of rows: (first row, [heads, rows, keys] float32).

    `row`: place in the batch; the response takes the tokens start … start+length-1; keys end
    with the block's last row.
    """
    if captured.weights is not None:
        yield 0, captured.weights[row, :, start : start + length, : start + length].float()
        return
    begin = start - captured.offset
    query = captured.query[row, :, begin : begin + length]
    key = captured.key[row, :, : start + length].float()
    heads, width = query.shape[0], query.shape[2]
    groups = heads // key.shape[0]
    block_bytes = BLOCK_BYTES * (1 if key.device.type == "cpu" else DEVICE_BLOCK)
    rows_at_once = max(1, block_bytes // (4 * heads * (start + length)))
    for first in range(0, length, rows_at_once):
        rows = min(rows_at_once, length - first)
        keys = start + first + rows
        # Consecutive heads share a key head. -> [key heads, groups × rows, width]
        asked = query[:, first : first + rows].float().reshape(key.shape[0], groups * rows, width)
        scores = asked @ key[:, :keys].transpose(1, 2)  # [key heads, groups × rows, keys]
        scores = scores.mul_(captured.scaling).view(heads, rows, keys)
        if captured.softcap is not None:
            scores = scores.div_(captured.softcap).tanh_().mul_(captured.softcap)
        scores.masked_fill_(~_visible(captured, row, start + first, keys), -torch.inf)
        yield first, scores.softmax(-1)


def _visible(captured: Captured, row: int, position: int, keys: int) -> Tensor:
    """Which keys the rows position … keys-1 see. -> [rows, keys]"""
    device = captured.query.device
    at = torch.arange(position, keys, device=device)[:, None]
    column = torch.arange(keys, device=device)
    visible = column <= at
    if captured.window:
        visible &= column > at - captured.window
    if captured.mask is not None:
        asked = slice(position - captured.offset, keys - captured.offset)
        mask = captured.mask[row % len(captured.mask), 0, asked, :keys]
        visible &= mask if mask.dtype == torch.bool else mask == 0
    return visible
