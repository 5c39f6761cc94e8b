"""Prompts read once for all their responses, to sample them and to learn from them.

B prompts, G responses of each, S prompt tokens, R response tokens, V vocabulary,
h heads of width w. Prompts and responses are right-padded.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 (torch's own convention)
from torch import Tensor
from transformers import LlavaForConditionalGeneration

from . import lean
from .architectures import EOS, PAD


@dataclass(frozen=True)
class Prompts:
    """ids [B, S], lengths [B], pixels [B, 3, 64, 64] or None without pictures."""

    ids: Tensor
    lengths: Tensor
    pixels: Tensor | None


def _embed(model: LlavaForConditionalGeneration, prompts: Prompts) -> Tensor:
    pictures = None if prompts.pixels is None else lean.image_features(model, prompts.pixels)
    return lean.embed(model, prompts.ids, pictures)


class SharedCache:
    """Keys and values of the prompts, once, and of every response so far."""

    def __init__(self, layers: int, lengths: Tensor, width: int, group: int, longest: int) -> None:
        self.keys: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}
        self.own: dict[int, tuple[Tensor, Tensor]] = {}
        self.layers, self.group, self.longest, self.length = layers, group, longest, 0
        padding = torch.arange(width) >= lengths.unsqueeze(1)
        zeros = torch.zeros(len(lengths), 1, 1, width)
        self.hidden = zeros.masked_fill(padding[:, None, None], -torch.inf)

    def read(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention of the prompts among themselves; remembers k and v."""
        self.keys[layer], self.values[layer] = k.transpose(2, 3), v
        batch, heads, _, width = k.shape
        shape = (batch, self.group, heads, self.longest, width)
        self.own[layer] = k.new_empty(shape), k.new_empty(shape)
        return lean.causal(layer, q, k, v)

    def keep(self, prompts: Tensor) -> None:
        """Forgets all other prompts."""
        self.hidden = self.hidden[prompts]
        for layer in range(self.layers):
            self.keys[layer] = self.keys[layer][prompts]
            self.values[layer] = self.values[layer][prompts]
            self.own[layer] = tuple(part[prompts] for part in self.own[layer])

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Attention of the next token of each response. 3 x [B G, h, 1, w] -> same"""
        batch, heads, width, _ = self.keys[layer].shape
        q, k, v = (x.view(batch, self.group, heads, width) for x in (q, k, v))
        keys, values = self.own[layer]
        at = self.length
        keys[:, :, :, at], values[:, :, :, at] = k, v
        q = q * width**-0.5
        to_prompt = q.transpose(1, 2) @ self.keys[layer] + self.hidden
        to_own = (keys[:, :, :, : at + 1] @ q.unsqueeze(-1)).squeeze(-1)
        shares = torch.cat((to_prompt, to_own.transpose(1, 2)), -1).softmax(-1)
        there, here = shares.split((to_prompt.shape[-1], at + 1), -1)
        y = (there @ self.values[layer]).transpose(1, 2)  # [B, G, h, w]
        y = y + (here.transpose(1, 2).unsqueeze(-2) @ values[:, :, :, : at + 1]).squeeze(-2)
        self.length += layer + 1 == self.layers
        return y.reshape(batch * self.group, heads, 1, width)


def draw(logits: Tensor, generator: torch.Generator | None) -> Tensor:
    """One token per row at temperature 1, the likeliest without a generator. [n, V] -> [n]"""
    if generator is None:
        return logits.argmax(-1)
    summed = logits.softmax(-1).cumsum(-1)
    mark = torch.rand(len(logits), 1, generator=generator) * summed[:, -1:]
    return torch.searchsorted(summed, mark, right=True).squeeze(1).clamp(max=logits.shape[1] - 1)


@torch.no_grad()
def sample(
    model: LlavaForConditionalGeneration,
    prompts: Prompts,
    group: int,
    generator: torch.Generator | None,
    longest: int,
) -> Tensor:
    """Responses, `<eos>` included, then `<pad>`; greedy without a generator.

    Prompts whose responses have all ended are dropped once a quarter of them have.
    -> [B, G, R], R at most `longest`
    """
    batch, width = prompts.ids.shape
    layers = model.config.text_config.num_hidden_layers
    cache = SharedCache(layers, prompts.lengths, width, group, longest)
    states = lean.hidden_states(model, _embed(model, prompts), attend=cache.read)
    last = states[torch.arange(batch), prompts.lengths - 1]
    logits = model.lm_head(last).repeat_interleave(group, 0)
    position = prompts.lengths.repeat_interleave(group).unsqueeze(1)
    alive = torch.arange(batch)
    running = torch.ones(batch, group, dtype=torch.bool)
    tokens = torch.full((batch, group, longest), PAD)
    for t in range(longest):
        chosen = draw(logits, generator).masked_fill(~running.flatten(), PAD)
        tokens[alive, :, t] = chosen.view(-1, group)
        running = running & (chosen != EOS).view(-1, group)
        if not running.any():
            break
        going = running.any(1).nonzero().squeeze(1)
        if len(going) <= 0.75 * len(alive):
            chosen, position = (
                x.view(len(alive), group, 1)[going].flatten(0, 1) for x in (chosen, position)
            )
            alive, running = alive[going], running[going]
            cache.keep(going)
        x = lean.embed(model, chosen.view(-1, 1), None)
        states = lean.hidden_states(model, x, position, cache.attend)
        logits, position = model.lm_head(states[:, 0]), position + 1
    return tokens[:, :, : t + 1]


def log_probs(model: LlavaForConditionalGeneration, prompts: Prompts, responses: Tensor) -> Tensor:
    """Log-probability of every response token, 0 on padding; differentiable.

    The prompt and its G responses are one row of S + G R tokens in which a response sees
    the prompt and itself. responses [B, G, R] -> [B, G, R]
    """
    batch, group, length = responses.shape
    width = prompts.ids.shape[1]
    flat = responses.flatten(1)
    x = torch.cat((_embed(model, prompts), lean.embed(model, flat, None)), 1)
    inside = torch.arange(length).repeat(group)
    answer = prompts.lengths.unsqueeze(1) + inside
    positions = torch.cat((torch.arange(width).expand(batch, -1), answer), 1)
    seen = _visible(prompts.lengths, width, group, length)

    def attend(_layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)

    states = lean.hidden_states(model, x, positions, attend)
    last = states[torch.arange(batch), prompts.lengths - 1]
    before = states[:, width:].view(batch, group, length, -1)[:, :, :-1]
    before = torch.cat((last[:, None, None].expand(-1, group, -1, -1), before), 2)
    real = responses != PAD
    scores = model.lm_head(before[real]).log_softmax(-1)
    taken = scores.gather(-1, responses[real].unsqueeze(-1)).squeeze(-1)
    return torch.zeros(responses.shape).masked_scatter(real, taken)


def _visible(lengths: Tensor, width: int, group: int, length: int) -> Tensor:
    """Which token (row) sees which (column). -> bool [B, 1, S + G R, S + G R]"""
    prompt = torch.ones(width, width, dtype=torch.bool).tril()
    one = torch.ones(length, length, dtype=torch.bool).tril()
    own = torch.block_diag(*[one] * group)
    total = width + group * length
    seen = torch.zeros(len(lengths), total, total, dtype=torch.bool)
    seen[:, :width, :width] = prompt
    seen[:, width:, width:] = own
    seen[:, width:, :width] = (torch.arange(width) < lengths.unsqueeze(1)).unsqueeze(1)
    return seen.unsqueeze(1)
