"""An ONNX graph under construction, and the blocks that more than one graph uses."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

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


def linear(g: Graph, x: str, name: str, module: torch.nn.Linear) -> str:
    """x [.., in] -> [.., out]"""
    product = g.op("MatMul", x, g.const(f"{name}.weight", module.weight.T))
    return g.op("Add", product, g.const(f"{name}.bias", module.bias))


def layer_norm(g: Graph, x: str, name: str, norm: torch.nn.LayerNorm) -> str:
    """x [.., d] -> same"""
    weight, bias = g.const(f"{name}.weight", norm.weight), g.const(f"{name}.bias", norm.bias)
    return g.op("LayerNormalization", x, weight, bias, axis=-1, epsilon=norm.eps)
