"""ONNX files as transformers.js names and feeds them, built node by node.

By hand because the number of nodes (150) and of copies counts at this size, where a
decoding step for 256 rows takes a few milliseconds. The last layer's attention is an extra
output that callers may leave unfetched.
B batch, S new tokens, T past tokens + S, d hidden, h query heads, n key heads, w head width,
V vocabulary.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper
from transformers import LlavaForConditionalGeneration

from .onnx_attention import (
    Sizes,
    apiece,
    attend,
    attend_shared,
    attention_bias,
    block_end,
    queries_keys_values,
    rotary_table,
    sizes_of,
)
from .onnx_graph import FLOAT, INT64, Graph, rms_norm
from .onnx_vision import vision_encoder


def decoder_layer(
    g: Graph, i: int, layer, x: str, table: tuple[str, str], bias: str, sizes: Sizes
) -> tuple[str, str]:
    """One block with its cache. x [B, S, d] -> (x [B, S, d], probabilities [B, h, S, T])"""
    name = f"layers.{i}"
    q, k, v = queries_keys_values(g, name, layer, x, table, sizes)
    k = g.op("Concat", f"past_key_values.{i}.key", k, out=f"present.{i}.key", axis=2)
    v = g.op("Concat", f"past_key_values.{i}.value", v, out=f"present.{i}.value", axis=2)
    y, weights = attend(g, q, k, v, bias, sizes)
    return block_end(g, name, layer, x, y, sizes), weights


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
    sizes, layers = sizes_of(config), decoder_layers(model)
    width, head = config.hidden_size, sizes.head
    table, bias, x = rotary_table(g, head), attention_bias(g), "inputs_embeds"
    for i, layer in enumerate(layers):
        x, weights = decoder_layer(g, i, layer, x, table, bias, sizes)
    g.op("Identity", weights, out="attentions")
    logits_of(g, model, x)

    def cache(side: str, length: str) -> list:
        return [
            helper.make_tensor_value_info(
                f"{side}.{i}.{part}", FLOAT, ["batch_size", sizes.keys, length, head]
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
        value("attentions", FLOAT, sizes.heads, new, every),
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
    q, k, v = queries_keys_values(g, name, layer, x, table, sizes)  # [P, heads, G, w]
    apart, single = g.ints(3), apiece(g, q, sizes)
    k = g.op("Concat", f"past.{i}.key", g.op("Unsqueeze", k, apart), out=f"present.{i}.key", axis=3)
    v = g.op("Unsqueeze", v, apart)
    v = g.op("Concat", f"past.{i}.value", v, out=f"present.{i}.value", axis=3)
    prompt = f"prompt.{i}.key", f"prompt.{i}.value"
    y = attend_shared(g, (q, single), prompt, (k, v), bias, sizes)
    return block_end(g, name, layer, x, y, sizes)


def decoder_step(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """One token for G rollouts of each of P prompts, on the prompts' cache of `decoder`.

    input_ids [P, G], position_ids [P, 1], prompt_mask [P, S] (1 real, 0 padding), per layer
    prompt.{i}.key/value [P, n, S, w] and past.{i}.key/value [P, n, G, R, w], R may be 0
    -> logits [P, G, V], present.{i}.key/value [P, n, G, R + 1, w].
    """
    g, config = Graph(), model.config.text_config
    sizes, layers = sizes_of(config), decoder_layers(model)
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
    n, w = sizes.keys, sizes.head
    inputs = [
        value("input_ids", INT64, "rollouts"),
        value("position_ids", INT64, 1),
        value("prompt_mask", INT64, "prompt_tokens"),
        *(value(f"prompt.{i}.{part}", FLOAT, n, "prompt_tokens", w) for i, part in parts),
        *(value(f"past.{i}.{part}", FLOAT, n, "rollouts", "past", w) for i, part in parts),
    ]
    outputs = [
        value("logits", FLOAT, "rollouts", config.vocab_size),
        *(value(f"present.{i}.{part}", FLOAT, n, "rollouts", "past + 1", w) for i, part in parts),
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


def export(model: LlavaForConditionalGeneration, directory: Path) -> None:
    """Writes `onnx/` beside the weights, under the names transformers.js looks for."""
    folder = directory / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        onnx.save(vision_encoder(model), folder / "vision_encoder.onnx")
        onnx.save(embed_tokens(model), folder / "embed_tokens.onnx")
        onnx.save(decoder(model), folder / "decoder_model_merged.onnx")
        onnx.save(decoder_step(model), folder / "decoder_step.onnx")
