"""The decoder's blocks as ONNX nodes: rotary positions, attention, the gated MLP.

B batch, S new tokens, T past tokens + S, d hidden, h query heads, n key heads, w head width.
Where h = n (Llama) the graph is as short as it can be; grouped heads (Qwen3) fold the queries
of a key head into its rows, so that keys and values are never copied.
"""

from dataclasses import dataclass

import numpy as np
import torch
from onnx import TensorProto

from .onnx_graph import FLOAT, Graph, rms_norm


def rotary_table(g: Graph, head: int) -> tuple[str, str]:
    """Cosine and sine of every position, shared by all layers. position_ids -> 2 x [B, S, 1, w]"""
    rates = 1 / 10_000.0 ** (torch.arange(0, head, 2, dtype=torch.float32) / head)
    rates = torch.cat((rates, rates)).view(1, 1, 1, head)
    positions = g.op("Cast", "position_ids", to=FLOAT)
    positions = g.op("Unsqueeze", positions, g.ints(2, 3))
    angles = g.op("Mul", positions, g.const("rotary_rates", rates))
    return g.op("Cos", angles), g.op("Sin", angles)


def attention_bias(g: Graph) -> str:
    """0 where a token may look, the lowest float elsewhere. -> [B, 1, S, T]

    A new token sees the slots up to its own that `attention_mask` marks with 1.
    """
    total = g.op("Shape", "attention_mask", start=1, end=2)
    new = g.op("Shape", "position_ids", start=1, end=2)
    slots = g.op("Range", g.scalar_int(0), g.op("Squeeze", total), g.scalar_int(1))
    first = g.op("Squeeze", g.op("Sub", total, new))
    own = g.op("Range", first, g.op("Squeeze", total), g.scalar_int(1))
    own = g.op("Unsqueeze", own, g.ints(1))
    causal = g.op("LessOrEqual", g.op("Unsqueeze", slots, g.ints(0)), own)  # [S, T]
    real = g.op("Cast", g.op("Unsqueeze", "attention_mask", g.ints(1, 2)), to=TensorProto.BOOL)
    lowest = g.scalar(float(np.finfo(np.float32).min))
    return g.op("Where", g.op("And", causal, real), g.scalar(0.0), lowest)


def _half_turned(weight: torch.Tensor, head: int) -> torch.Tensor:
    """Projection whose output is that of `weight` with rotary's half turn applied.

    [out, d] -> [out, d]; it lets one matrix product replace slicing and joining.
    """
    left, right = weight.view(-1, 2, head // 2, weight.shape[-1]).unbind(1)
    return torch.stack((-right, left), 1).reshape(weight.shape)


@dataclass(frozen=True)
class Sizes:
    """Query heads, key heads and the width of each."""

    heads: int
    keys: int
    head: int

    @property
    def width(self) -> int:
        return self.heads * self.head

    @property
    def grouped(self) -> bool:
        return self.heads != self.keys


def sizes_of(config) -> Sizes:
    """Of a Llama's or Qwen3's configuration."""
    return Sizes(config.num_attention_heads, config.num_key_value_heads, config.head_dim)


def queries_keys_values(
    g: Graph, name: str, layer, x: str, table: tuple[str, str], sizes: Sizes
) -> tuple[str, str, str]:
    """Normed and rotated, queries scaled by w^-0.5.

    x [B, S, d] -> q [B, h, S, w], k and v [B, n, S, w]
    """
    heads, keys, head = sizes.heads, sizes.keys, sizes.head
    attention, norm = layer.self_attn, layer.input_layernorm
    normed = hasattr(attention, "q_norm")
    q, k = attention.q_proj.weight, attention.k_proj.weight
    if not normed:
        q = q * head**-0.5
    turned = _half_turned(q, head), _half_turned(k, head)
    joined = torch.cat((q, k, *turned, attention.v_proj.weight))
    y = rms_norm(g, x, f"{name}.input_layernorm", norm.weight, norm.variance_epsilon)
    y = g.op("MatMul", y, g.const(f"{name}.qkv", joined.T))
    both = (heads + keys) * head
    plain, turned, v = g.split(y, [both, both, keys * head], -1)
    shape = g.ints(0, 0, heads + keys, head)
    cos, sin = table
    if normed:
        plain, turned = g.op("Reshape", plain, shape), g.op("Reshape", turned, shape)
        plain, turned = _normed_heads(g, name, attention, plain, turned, sizes)
        plain, turned = g.op("Mul", plain, cos), g.op("Mul", turned, sin)
    else:
        plain = g.op("Mul", g.op("Reshape", plain, shape), cos)
        turned = g.op("Mul", g.op("Reshape", turned, shape), sin)
    qk = g.op("Transpose", g.op("Add", plain, turned), perm=[0, 2, 1, 3])  # [B, h + n, S, w]
    q, k = g.split(qk, [heads, keys], 1)
    v = g.op("Reshape", v, g.ints(0, 0, keys, head))
    return q, k, g.op("Transpose", v, perm=[0, 2, 1, 3])


def _normed_heads(
    g: Graph, name: str, attention, plain: str, turned: str, sizes: Sizes
) -> tuple[str, str]:
    """Qwen3's norm of every query and key. A half turn leaves the length as it was, so that one
    root serves both. 2 x [B, S, h + n, w] -> same
    """
    mean = g.op("ReduceMean", g.op("Pow", plain, g.scalar(2.0)), g.ints(-1), keepdims=1)
    root = g.op("Sqrt", g.op("Add", mean, g.scalar(attention.q_norm.variance_epsilon)))
    weight = torch.cat(
        (
            (attention.q_norm.weight * sizes.head**-0.5).expand(sizes.heads, -1),
            attention.k_norm.weight.expand(sizes.keys, -1),
        )
    )
    swapped = weight.roll(sizes.head // 2, 1)
    plain = g.op("Mul", g.op("Div", plain, root), g.const(f"{name}.qk_norm", weight))
    return plain, g.op("Mul", g.op("Div", turned, root), g.const(f"{name}.qk_norm_turned", swapped))


def scores_of(g: Graph, q: str, k: str) -> str:
    """[.., S, w] x [.., T, w] -> [.., S, T]; onnxruntime folds the transpose into the product."""
    return g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))


def attend(g: Graph, q: str, k: str, v: str, bias: str, sizes: Sizes) -> tuple[str, str]:
    """q [B, h, S, w], k, v [B, n, T, w] -> (y [B, h, S, w], probabilities [B, h, S, T])"""
    if sizes.grouped:
        q = g.op("Reshape", q, g.ints(0, sizes.keys, -1, sizes.head))  # [B, n, h / n S, w]
    found = scores_of(g, q, k)
    if sizes.grouped:
        found = g.op("Reshape", found, g.ints(0, sizes.heads, -1, 0))
    weights = g.op("Softmax", g.op("Add", found, bias), axis=-1)  # [B, h, S, T]
    if not sizes.grouped:
        return g.op("MatMul", weights, v), weights
    y = g.op("MatMul", g.op("Reshape", weights, g.ints(0, sizes.keys, -1, 0)), v)
    return g.op("Reshape", y, g.ints(0, sizes.heads, -1, sizes.head)), weights


SWAP = {"perm": [0, 1, 3, 2, 4]}


def apiece(g: Graph, q: str, sizes: Sizes) -> str:
    """The queries of each rollout by key head. [P, h, G, w] -> [P, n, G, h / n, w]"""
    if not sizes.grouped:
        return g.op("Unsqueeze", q, g.ints(3))
    q = g.op("Reshape", q, g.ints(0, sizes.keys, sizes.heads // sizes.keys, -1, sizes.head))
    return g.op("Transpose", q, **SWAP)


def attend_shared(
    g: Graph,
    q: tuple[str, str],
    prompt: tuple[str, str],
    own: tuple[str, str],
    bias: str,
    sizes: Sizes,
) -> str:
    """Of one new token of each of G rollouts: to the prompt they share, and each to its own.

    q [P, h, G, w] and as `apiece` has it, prompt 2 x [P, n, S, w], own 2 x [P, n, G, R, w],
    bias [P, 1, 1, S] -> [P, h, G, w]
    """
    keys, head, apart = sizes.keys, sizes.head, g.ints(3)
    q, single = q
    if not sizes.grouped:
        early = g.op("Add", scores_of(g, q, prompt[0]), bias)  # [P, h, G, S]
        late = g.op("MatMul", single, g.op("Transpose", own[0], perm=[0, 1, 2, 4, 3]))
        late = g.op("Squeeze", late, apart)  # [P, h, G, R]
    else:
        tokens = g.op("Shape", own[0], start=3, end=4)
        folded = g.op("Reshape", q, g.ints(0, keys, -1, head))
        early = g.op("Add", scores_of(g, folded, prompt[0]), bias)  # [P, n, h / n G, S]
        early = g.op("Reshape", early, g.ints(0, sizes.heads, -1, 0))
        late = g.op("MatMul", single, g.op("Transpose", own[0], perm=[0, 1, 2, 4, 3]))
        late = g.op("Transpose", late, **SWAP)
        shape = g.op("Concat", g.ints(0, sizes.heads, -1), tokens, axis=0)
        late = g.op("Reshape", late, shape)  # [P, h, G, R]
    weights = g.op("Softmax", g.op("Concat", early, late, axis=3), axis=-1)
    early = g.op("Slice", weights, g.ints(0), "prompt_length", g.ints(3))
    late = g.op("Slice", weights, "prompt_length", g.ints(2**62), g.ints(3))
    if not sizes.grouped:
        late = g.op("MatMul", g.op("Unsqueeze", late, apart), own[1])  # [P, h, G, 1, w]
        y = g.op("MatMul", early, prompt[1])
        return g.op("Add", y, g.op("Squeeze", late, apart))
    shape = g.op("Concat", g.ints(0, keys, sizes.heads // keys, -1), tokens, axis=0)
    late = g.op("Transpose", g.op("Reshape", late, shape), **SWAP)  # [P, n, G, h / n, R]
    late = g.op("Transpose", g.op("MatMul", late, own[1]), **SWAP)
    late = g.op("Reshape", late, g.ints(0, sizes.heads, -1, head))
    y = g.op("MatMul", g.op("Reshape", early, g.ints(0, keys, -1, 0)), prompt[1])
    return g.op("Add", g.op("Reshape", y, g.ints(0, sizes.heads, -1, head)), late)


def block_end(g: Graph, name: str, layer, x: str, y: str, sizes: Sizes) -> str:
    """Output projection, then the gated MLP. x [B, S, d], y [B, h, S, w] -> [B, S, d]"""
    y = g.op("Reshape", g.op("Transpose", y, perm=[0, 2, 1, 3]), g.ints(0, 0, sizes.width))
    x = g.op("Add", x, g.op("MatMul", y, g.const(f"{name}.o", layer.self_attn.o_proj.weight.T)))
    norm = layer.post_attention_layernorm
    y = rms_norm(g, x, f"{name}.post_attention_layernorm", norm.weight, norm.variance_epsilon)
    inner = layer.mlp.gate_proj.weight.shape[0]
    joined = torch.cat((layer.mlp.gate_proj.weight, layer.mlp.up_proj.weight))
    gate, up = g.split(g.op("MatMul", y, g.const(f"{name}.gate_up", joined.T)), [inner, inner], -1)
    y = g.op("Mul", g.op("Mul", gate, g.op("Sigmoid", gate)), up)
    return g.op("Add", x, g.op("MatMul", y, g.const(f"{name}.down", layer.mlp.down_proj.weight.T)))
