"""ONNX files as transformers.js names and feeds them, built node by node.

By hand because the number of nodes (150) and of copies counts at this size, where a
decoding step for 256 rows takes a few milliseconds. The last layer's attention is an extra
output that callers may leave unfetched.
B batch, S new tokens, T past tokens + S, d hidden, h heads, w head width, V vocabulary.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from transformers import LlavaForConditionalGeneration

from .onnx_graph import FLOAT, INT64, Graph, layer_norm, linear, rms_norm


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
    """Hidden size, heads, and their quotient."""

    width: int
    heads: int

    @property
    def head(self) -> int:
        return self.width // self.heads


def queries_keys_values(
    g: Graph, name: str, layer, x: str, table: tuple[str, str], sizes: Sizes
) -> tuple[str, str, str]:
    """Normed and rotated. x [B, S, d] -> 3 x [B, h, S, w], queries scaled by w^-0.5"""
    width, heads, head = sizes.width, sizes.heads, sizes.head
    attention, norm = layer.self_attn, layer.input_layernorm
    q, k = attention.q_proj.weight * head**-0.5, attention.k_proj.weight
    turned = _half_turned(q, head), _half_turned(k, head)
    joined = torch.cat((q, k, *turned, attention.v_proj.weight))
    y = rms_norm(g, x, f"{name}.input_layernorm", norm.weight, norm.variance_epsilon)
    y = g.op("MatMul", y, g.const(f"{name}.qkv", joined.T))  # [B, S, 5 d]
    plain, turned, v = g.split(y, [2 * width, 2 * width, width], -1)
    shape = g.ints(0, 0, 2 * heads, head)
    cos, sin = table
    plain = g.op("Mul", g.op("Reshape", plain, shape), cos)
    turned = g.op("Mul", g.op("Reshape", turned, shape), sin)
    qk = g.op("Transpose", g.op("Add", plain, turned), perm=[0, 2, 1, 3])  # [B, 2 h, S, w]
    q, k = g.split(qk, [heads, heads], 1)
    v = g.op("Reshape", v, g.ints(0, 0, heads, head))
    return q, k, g.op("Transpose", v, perm=[0, 2, 1, 3])


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


def scores_of(g: Graph, q: str, k: str) -> str:
    """[.., S, w] x [.., T, w] -> [.., S, T]; onnxruntime folds the transpose into the product."""
    return g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))


def decoder_layer(
    g: Graph, i: int, layer, x: str, table: tuple[str, str], bias: str, sizes: Sizes
) -> tuple[str, str]:
    """One Llama block with its cache. x [B, S, d] -> (x [B, S, d], probabilities [B, h, S, T])"""
    name = f"layers.{i}"
    q, k, v = queries_keys_values(g, name, layer, x, table, sizes)
    k = g.op("Concat", f"past_key_values.{i}.key", k, out=f"present.{i}.key", axis=2)
    v = g.op("Concat", f"past_key_values.{i}.value", v, out=f"present.{i}.value", axis=2)
    weights = g.op("Softmax", g.op("Add", scores_of(g, q, k), bias), axis=-1)  # [B, h, S, T]
    return block_end(g, name, layer, x, g.op("MatMul", weights, v), sizes), weights


def decoder_layers(model: LlavaForConditionalGeneration) -> torch.nn.ModuleList:
    return model.model.language_model.layers


def logits_of(g: Graph, model: LlavaForConditionalGeneration, x: str) -> None:
    """Last norm and tied head. x [B, S, d] -> logits [B, S, V]"""
    norm = model.model.language_model.norm
    x = rms_norm(g, x, "norm", norm.weight, norm.variance_epsilon)
    g.op("MatMul", x, g.const("lm_head", model.lm_head.weight.T), out="logits")


def decoder(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """inputs_embeds, attention_mask, position_ids, past -> logits, attentions, present."""
    g, config = Graph(), model.config.text_config
    sizes, layers = Sizes(config.hidden_size, config.num_attention_heads), decoder_layers(model)
    width, heads, head = sizes.width, sizes.heads, sizes.head
    table, bias, x = rotary_table(g, head), attention_bias(g), "inputs_embeds"
    for i, layer in enumerate(layers):
        x, weights = decoder_layer(g, i, layer, x, table, bias, sizes)
    g.op("Identity", weights, out="attentions")
    logits_of(g, model, x)

    def cache(side: str, length: str) -> list:
        return [
            helper.make_tensor_value_info(
                f"{side}.{i}.{part}", FLOAT, ["batch_size", heads, length, head]
            )
            for i in range(len(layers))
            for part in ("key", "value")
        ]

    def value(name: str, kind: int, *shape: str | int):
        return helper.make_tensor_value_info(name, kind, ["batch_size", *shape])

    new, past, every = "sequence_length", "past_sequence_length", "total_sequence_length"
    inputs = [
        value("inputs_embeds", FLOAT, new, width),
        value("attention_mask", INT64, every),
        value("position_ids", INT64, new),
        *cache("past_key_values", past),
    ]
    outputs = [
        value("logits", FLOAT, new, config.vocab_size),
        *cache("present", every),
        value("attentions", FLOAT, heads, new, every),
    ]
    return g.model("decoder", inputs, outputs)


def step_layer(
    g: Graph, i: int, layer, x: str, table: tuple[str, str], bias: str, sizes: Sizes
) -> str:
    """One block for one new token of each rollout; only the responses' cache is copied.

    x [P, G, d]: the G rollouts of a prompt take the place of the sequence, so that they
    share its cache in one matrix product. -> [P, G, d]
    """
    name = f"layers.{i}"
    q, k, v = queries_keys_values(g, name, layer, x, table, sizes)  # [P, h, G, w]
    apart = g.ints(3)
    own = g.op("Unsqueeze", q, apart)  # [P, h, G, 1, w]
    k = g.op("Concat", f"past.{i}.key", g.op("Unsqueeze", k, apart), out=f"present.{i}.key", axis=3)
    v = g.op("Unsqueeze", v, apart)
    v = g.op("Concat", f"past.{i}.value", v, out=f"present.{i}.value", axis=3)  # [P, h, G, R+1, w]
    early = g.op("Add", scores_of(g, q, f"prompt.{i}.key"), bias)  # [P, h, G, S]
    late = g.op("MatMul", own, g.op("Transpose", k, perm=[0, 1, 2, 4, 3]))
    late = g.op("Squeeze", late, apart)  # [P, h, G, R+1]
    weights = g.op("Softmax", g.op("Concat", early, late, axis=3), axis=-1)
    early = g.op("Slice", weights, g.ints(0), "prompt_length", g.ints(3))
    late = g.op("Slice", weights, "prompt_length", g.ints(2**62), g.ints(3))
    late = g.op("MatMul", g.op("Unsqueeze", late, apart), v)  # [P, h, G, 1, w]
    y = g.op("MatMul", early, f"prompt.{i}.value")
    y = g.op("Add", y, g.op("Squeeze", late, apart))
    return block_end(g, name, layer, x, y, sizes)


def decoder_step(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """One token for G rollouts of each of P prompts, on the prompts' cache of `decoder`.

    input_ids [P, G], position_ids [P, 1], prompt_mask [P, S] (1 real, 0 padding), per layer
    prompt.{i}.key/value [P, h, S, w] and past.{i}.key/value [P, h, G, R, w], R may be 0
    -> logits [P, G, V], present.{i}.key/value [P, h, G, R + 1, w].
    """
    g, config = Graph(), model.config.text_config
    sizes, layers = Sizes(config.hidden_size, config.num_attention_heads), decoder_layers(model)
    g.op("Shape", "prompt_mask", out="prompt_length", start=1, end=2)
    hidden = g.op("Cast", g.op("Equal", "prompt_mask", g.scalar_int(0)), to=FLOAT)
    bias = g.op("Mul", hidden, g.scalar(float(np.finfo(np.float32).min)))
    bias = g.op("Unsqueeze", bias, g.ints(1, 2))  # [P, 1, 1, S]
    table = rotary_table(g, sizes.head)
    x = g.op("Gather", g.const("embed_tokens", model.get_input_embeddings().weight), "input_ids")
    for i, layer in enumerate(layers):
        x = step_layer(g, i, layer, x, table, bias, sizes)
    logits_of(g, model, x)

    def value(name: str, kind: int, *shape: str | int):
        return helper.make_tensor_value_info(name, kind, ["prompts", *shape])

    parts = [(i, part) for i in range(len(layers)) for part in ("key", "value")]
    h, w = sizes.heads, sizes.head
    inputs = [
        value("input_ids", INT64, "rollouts"),
        value("position_ids", INT64, 1),
        value("prompt_mask", INT64, "prompt_tokens"),
        *(value(f"prompt.{i}.{part}", FLOAT, h, "prompt_tokens", w) for i, part in parts),
        *(value(f"past.{i}.{part}", FLOAT, h, "rollouts", "past", w) for i, part in parts),
    ]
    outputs = [
        value("logits", FLOAT, "rollouts", config.vocab_size),
        *(value(f"present.{i}.{part}", FLOAT, h, "rollouts", "past + 1", w) for i, part in parts),
    ]
    return g.model("decoder_step", inputs, outputs)


def embed_tokens(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """input_ids [B, S] -> inputs_embeds [B, S, d]"""
    g, weight = Graph(), model.get_input_embeddings().weight
    g.op("Gather", g.const("embed_tokens", weight), "input_ids", out="inputs_embeds")
    shape = ["batch_size", "sequence_length"]
    return g.model(
        "embed_tokens",
        [helper.make_tensor_value_info("input_ids", INT64, shape)],
        [helper.make_tensor_value_info("inputs_embeds", FLOAT, [*shape, weight.shape[1]])],
    )


def vision_encoder(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """pixel_values [B, 3, 64, 64] -> image_features [B, 16, d]"""
    g, tower = Graph(), model.model.vision_tower
    config = tower.config
    heads, width = config.num_attention_heads, config.hidden_size
    patch = tower.embeddings.patch_embedding
    kernel = {"kernel_shape": patch.kernel_size, "strides": patch.stride}
    weights = g.const("patch.weight", patch.weight), g.const("patch.bias", patch.bias)
    x = g.op("Conv", "pixel_values", *weights, **kernel)
    x = g.op("Transpose", g.op("Reshape", x, g.ints(0, width, -1)), perm=[0, 2, 1])
    x = g.op("Add", x, g.const("positions", tower.embeddings.position_embedding.weight))
    split = g.ints(0, 0, heads, width // heads)
    for i, layer in enumerate(tower.encoder.layers):
        name, attention = f"layers.{i}", layer.self_attn
        y = layer_norm(g, x, f"{name}.layer_norm1", layer.layer_norm1)
        q, k, v = (
            g.op("Reshape", linear(g, y, f"{name}.{part}", getattr(attention, part)), split)
            for part in ("q_proj", "k_proj", "v_proj")
        )
        q = g.op("Transpose", q, perm=[0, 2, 1, 3])
        scores = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 2, 3, 1]))
        scores = g.op("Mul", scores, g.scalar(attention.scale))
        v = g.op("Transpose", v, perm=[0, 2, 1, 3])
        y = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
        y = g.op("Reshape", g.op("Transpose", y, perm=[0, 2, 1, 3]), g.ints(0, 0, width))
        x = g.op("Add", x, linear(g, y, f"{name}.out_proj", attention.out_proj))
        y = layer_norm(g, x, f"{name}.layer_norm2", layer.layer_norm2)
        y = g.op("Gelu", linear(g, y, f"{name}.fc1", layer.mlp.fc1), approximate="tanh")
        x = g.op("Add", x, linear(g, y, f"{name}.fc2", layer.mlp.fc2))
    projector = model.model.multi_modal_projector
    x = g.op("Gelu", linear(g, x, "linear_1", projector.linear_1))
    x = g.op("MatMul", x, g.const("linear_2.weight", projector.linear_2.weight.T))
    g.op("Add", x, g.const("linear_2.bias", projector.linear_2.bias), out="image_features")
    pixels = ["batch_size", 3, config.image_size, config.image_size]
    patches = (config.image_size // config.patch_size) ** 2
    features = ["batch_size", patches, projector.linear_2.out_features]
    return g.model(
        "vision_encoder",
        [helper.make_tensor_value_info("pixel_values", FLOAT, pixels)],
        [helper.make_tensor_value_info("image_features", FLOAT, features)],
    )


def export(model: LlavaForConditionalGeneration, directory: Path) -> None:
    """Writes `onnx/` beside the weights, under the names transformers.js looks for."""
    folder = directory / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        onnx.save(vision_encoder(model), folder / "vision_encoder.onnx")
        onnx.save(embed_tokens(model), folder / "embed_tokens.onnx")
        onnx.save(decoder(model), folder / "decoder_model_merged.onnx")
        onnx.save(decoder_step(model), folder / "decoder_step.onnx")
