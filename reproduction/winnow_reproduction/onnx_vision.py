"""The vision tower and projector as one ONNX graph.

SigLIP's tower, or CLIP's: with a class token, a norm before the layers and quick GELU.
"""

import onnx
import torch
from onnx import helper
from transformers import LlavaForConditionalGeneration

from .onnx_graph import FLOAT, Graph, layer_norm, linear


def class_tokens(g: Graph, weight: torch.Tensor) -> str:
    """The same first token for every picture. [d] -> [B, 1, d]"""
    batch = g.op("Shape", "pixel_values", start=0, end=1)
    shape = g.op("Concat", batch, g.ints(1, len(weight)), axis=0)
    return g.op("Expand", g.const("class_embedding", weight), shape)


def activated(g: Graph, x: str, kind: str) -> str:
    """`quick_gelu` is x times the sigmoid of 1.702 x."""
    if kind == "quick_gelu":
        return g.op("Mul", x, g.op("Sigmoid", g.op("Mul", x, g.scalar(1.702))))
    if kind == "gelu_pytorch_tanh":
        return g.op("Gelu", x, approximate="tanh")
    raise ValueError(f"no ONNX nodes for the activation {kind}")


def vision_encoder(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """pixel_values [B, 3, 64, 64] -> image_features [B, 16, d]"""
    g, tower = Graph(), model.model.vision_tower
    config = tower.config
    heads, width = config.num_attention_heads, config.hidden_size
    patch = tower.embeddings.patch_embedding
    kernel = {"kernel_shape": patch.kernel_size, "strides": patch.stride}
    weights = [g.const("patch.weight", patch.weight)]
    if patch.bias is not None:
        weights.append(g.const("patch.bias", patch.bias))
    x = g.op("Conv", "pixel_values", *weights, **kernel)
    x = g.op("Transpose", g.op("Reshape", x, g.ints(0, width, -1)), perm=[0, 2, 1])
    if hasattr(tower.embeddings, "class_embedding"):
        x = g.op("Concat", class_tokens(g, tower.embeddings.class_embedding), x, axis=1)
    x = g.op("Add", x, g.const("positions", tower.embeddings.position_embedding.weight))
    if hasattr(tower, "pre_layrnorm"):
        x = layer_norm(g, x, "pre_layrnorm", tower.pre_layrnorm)
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
        y = activated(g, linear(g, y, f"{name}.fc1", layer.mlp.fc1), config.hidden_act)
        x = g.op("Add", x, linear(g, y, f"{name}.fc2", layer.mlp.fc2))
    projector = model.model.multi_modal_projector
    if model.config.vision_feature_select_strategy == "default":  # without the class token
        x = g.op("Slice", x, g.ints(1), g.ints(2**62), g.ints(1))
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
