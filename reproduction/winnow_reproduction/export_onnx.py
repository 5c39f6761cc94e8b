"""ONNX files as transformers.js names and feeds them, built node by node.

A traced graph of this decoder has about 600 nodes; this one has about 100, which is what
counts at this size, where a decoding step is a few milliseconds for 256 rows. The last
layer's attention is an extra output that callers may leave unfetched.
B batch, S new tokens, T past tokens + S, d hidden, h heads, w head width, V vocabulary.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from transformers import LlavaForConditionalGeneration

OPSET = 20  # the first with Gelu
IR_VERSION = 9
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


class Graph:
    """A growing ONNX graph; every method returns the name of the value it adds."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def const(self, name: str, value: np.ndarray | torch.Tensor) -> str:
        if name not in self.constants:
            array = value.detach().numpy() if isinstance(value, torch.Tensor) else value
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(array), name)
        return name

    def ints(self, *values: int) -> str:
        return self.const("i_" + "_".join(map(str, values)), np.array(values, np.int64))

    def scalar(self, value: float) -> str:
        return self.const(f"f_{value}", np.array(value, np.float32))

    def scalar_int(self, value: int) -> str:
        return self.const(f"n_{value}", np.array(value, np.int64))

    def op(self, kind: str, *inputs: str, out: str | None = None, **attributes) -> str:
        out = out or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def split(self, value: str, sizes: list[int], axis: int) -> list[str]:
        outs = [f"split_{len(self.nodes)}_{i}" for i in range(len(sizes))]
        self.nodes.append(helper.make_node("Split", [value, self.ints(*sizes)], outs, axis=axis))
        return outs

    def model(self, name: str, inputs: list, outputs: list) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes, name, inputs, outputs, initializer=list(self.constants.values())
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="winnow-reproduction",
        )
        onnx.checker.check_model(model)
        return model


def rms_norm(g: Graph, x: str, name: str, weight: torch.Tensor, eps: float) -> str:
    """Written as the pattern onnxruntime fuses into one kernel."""
    mean = g.op("ReduceMean", g.op("Pow", x, g.scalar(2.0)), g.ints(-1), keepdims=1)
    root = g.op("Sqrt", g.op("Add", mean, g.scalar(eps)))
    return g.op("Mul", g.op("Div", x, root), g.const(name, weight))


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


def decoder_layer(
    g: Graph, i: int, layer, x: str, table: tuple[str, str], bias: str, sizes: tuple[int, int, int]
) -> tuple[str, str]:
    """One Llama block with its cache. x [B, S, d] -> (x [B, S, d], probabilities [B, h, S, T])"""
    width, heads, head = sizes
    attention, name = layer.self_attn, f"layers.{i}"
    q, k = attention.q_proj.weight * head**-0.5, attention.k_proj.weight
    turned = _half_turned(q, head), _half_turned(k, head)
    joined = torch.cat((q, k, *turned, attention.v_proj.weight))
    norm = layer.input_layernorm
    y = rms_norm(g, x, f"{name}.input_layernorm", norm.weight, norm.variance_epsilon)
    y = g.op("MatMul", y, g.const(f"{name}.qkv", joined.T))  # [B, S, 5 d]
    plain, turned, v = g.split(y, [2 * width, 2 * width, width], -1)
    shape = g.ints(0, 0, 2 * heads, head)
    cos, sin = table
    qk = g.op(
        "Add",
        g.op("Mul", g.op("Reshape", plain, shape), cos),
        g.op("Mul", g.op("Reshape", turned, shape), sin),
    )
    qk = g.op("Transpose", qk, perm=[0, 2, 1, 3])  # [B, 2 h, S, w]
    q, k = g.split(qk, [heads, heads], 1)
    v = g.op("Transpose", g.op("Reshape", v, g.ints(0, 0, heads, head)), perm=[0, 2, 1, 3])
    k = g.op("Concat", f"past_key_values.{i}.key", k, out=f"present.{i}.key", axis=2)
    v = g.op("Concat", f"past_key_values.{i}.value", v, out=f"present.{i}.value", axis=2)
    scores = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))
    weights = g.op("Softmax", g.op("Add", scores, bias), axis=-1)  # [B, h, S, T]
    y = g.op("Transpose", g.op("MatMul", weights, v), perm=[0, 2, 1, 3])
    y = g.op("Reshape", y, g.ints(0, 0, width))
    x = g.op("Add", x, g.op("MatMul", y, g.const(f"{name}.o", attention.o_proj.weight.T)))
    norm = layer.post_attention_layernorm
    y = rms_norm(g, x, f"{name}.post_attention_layernorm", norm.weight, norm.variance_epsilon)
    inner = layer.mlp.gate_proj.weight.shape[0]
    joined = torch.cat((layer.mlp.gate_proj.weight, layer.mlp.up_proj.weight))
    gate, up = g.split(g.op("MatMul", y, g.const(f"{name}.gate_up", joined.T)), [inner, inner], -1)
    y = g.op("Mul", g.op("Mul", gate, g.op("Sigmoid", gate)), up)
    down = g.const(f"{name}.down", layer.mlp.down_proj.weight.T)
    return g.op("Add", x, g.op("MatMul", y, down)), weights


def decoder(model: LlavaForConditionalGeneration) -> onnx.ModelProto:
    """inputs_embeds, attention_mask, position_ids, past -> logits, attentions, present."""
    g, config = Graph(), model.config.text_config
    heads, width = config.num_attention_heads, config.hidden_size
    head, layers = width // heads, model.model.language_model.layers
    table, bias, x = rotary_table(g, head), attention_bias(g), "inputs_embeds"
    for i, layer in enumerate(layers):
        x, weights = decoder_layer(g, i, layer, x, table, bias, (width, heads, head))
    g.op("Identity", weights, out="attentions")
    norm = model.model.language_model.norm
    x = rms_norm(g, x, "norm", norm.weight, norm.variance_epsilon)
    g.op("MatMul", x, g.const("lm_head", model.lm_head.weight.T), out="logits")

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


def _linear(g: Graph, x: str, name: str, linear: torch.nn.Linear) -> str:
    product = g.op("MatMul", x, g.const(f"{name}.weight", linear.weight.T))
    return g.op("Add", product, g.const(f"{name}.bias", linear.bias))


def _layer_norm(g: Graph, x: str, name: str, norm: torch.nn.LayerNorm) -> str:
    weight, bias = g.const(f"{name}.weight", norm.weight), g.const(f"{name}.bias", norm.bias)
    return g.op("LayerNormalization", x, weight, bias, axis=-1, epsilon=norm.eps)


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
        y = _layer_norm(g, x, f"{name}.layer_norm1", layer.layer_norm1)
        q, k, v = (
            g.op("Reshape", _linear(g, y, f"{name}.{part}", getattr(attention, part)), split)
            for part in ("q_proj", "k_proj", "v_proj")
        )
        q = g.op("Transpose", q, perm=[0, 2, 1, 3])
        scores = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 2, 3, 1]))
        scores = g.op("Mul", scores, g.scalar(attention.scale))
        v = g.op("Transpose", v, perm=[0, 2, 1, 3])
        y = g.op("MatMul", g.op("Softmax", scores, axis=-1), v)
        y = g.op("Reshape", g.op("Transpose", y, perm=[0, 2, 1, 3]), g.ints(0, 0, width))
        x = g.op("Add", x, _linear(g, y, f"{name}.out_proj", attention.out_proj))
        y = _layer_norm(g, x, f"{name}.layer_norm2", layer.layer_norm2)
        y = g.op("Gelu", _linear(g, y, f"{name}.fc1", layer.mlp.fc1), approximate="tanh")
        x = g.op("Add", x, _linear(g, y, f"{name}.fc2", layer.mlp.fc2))
    projector = model.model.multi_modal_projector
    x = g.op("Gelu", _linear(g, x, "linear_1", projector.linear_1))
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
