"""Writes EfficientNet-Lite0 as an ONNX graph, from the weights of its PyTorch state_dict.

Source: Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", the B0 network
without squeeze-and-excitation and with ReLU6; stem and head of 32 and 1280 channels.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from embedding.networks.checkpoint import Tensors

SIDE_PX = 224
STEM_STRIDE = 2
#: Stride of each of the 16 blocks; every other size can be told from the weights.
BLOCK_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)
BATCH_NORM_EPSILON = 1e-3
OPSET, IR_VERSION = 17, 8


class Graph:
    """The nodes and weights written so far, and the name of the tensor that comes out of them."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.last = "input"

    def constant(self, name: str, value: NDArray[np.float32]) -> str:
        """Keep a weight under this name and return the name."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def then(self, kind: str, *constants: str, output: str = "", **attributes: Any) -> None:
        """Append one node that takes the last tensor and the constants."""
        output = output or f"t{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, [self.last, *constants], [output], name=f"{kind}_{len(self.nodes)}", **attributes)
        )
        self.last = output

    def convolution(self, name: str, batch_norm: str, stride: int = 1) -> None:
        """Append a convolution with its batch normalisation folded in."""
        kernel, bias = fold_batch_norm(self.tensors, name, batch_norm)
        groups = len(kernel) if kernel.shape[1] == 1 else 1  # one input channel per kernel: depthwise
        before, after = same_padding(kernel.shape[2], stride)
        names = self.constant(f"{name}.weight", kernel), self.constant(f"{name}.bias", bias)
        self.then("Conv", *names, group=groups, strides=[stride] * 2, pads=[before, before, after, after])

    def relu6(self) -> None:
        """Append the activation: clip to 0..6."""
        self.then("Clip", "zero", "six")


def fold_batch_norm(
    tensors: Tensors, convolution: str, batch_norm: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return kernel and bias of the convolution that does what convolution and batch normalisation did."""
    gain, shift, mean, variance = (
        tensors[f"{batch_norm}.{part}"].astype(np.float64) for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor = gain / np.sqrt(variance + BATCH_NORM_EPSILON)
    kernel = tensors[f"{convolution}.weight"] * factor[:, None, None, None]
    return kernel.astype(np.float32), (shift - mean * factor).astype(np.float32)


def same_padding(kernel: int, stride: int) -> tuple[int, int]:
    """Return the px to add before and after, as TensorFlow's SAME does where the stride divides the side."""
    total = kernel - stride if kernel > stride else 0
    return total // 2, total - total // 2


def append_block(graph: Graph, prefix: str, stride: int) -> None:
    """Append one inverted residual: expand, depthwise, project, and add the input where the shapes allow."""
    start, tensors = graph.last, graph.tensors
    if f"{prefix}._expand_conv.weight" in tensors:
        graph.convolution(f"{prefix}._expand_conv", f"{prefix}._bn0")
        graph.relu6()
    graph.convolution(f"{prefix}._depthwise_conv", f"{prefix}._bn1", stride)
    graph.relu6()
    graph.convolution(f"{prefix}._project_conv", f"{prefix}._bn2")
    channels_out, channels_in = (
        len(tensors[f"{prefix}._project_conv.weight"]),
        tensors.get(f"{prefix}._expand_conv.weight", np.empty((0, 0))).shape[1],
    )
    if stride == 1 and channels_in == channels_out:
        graph.then("Add", start)


def efficientnet_lite0(tensors: Tensors) -> onnx.ModelProto:
    """Return the network: float32 `input` (n, 3, 224, 224) to `embedding` (n, 1280) and `logits` (n, 1000)."""
    graph = Graph(tensors)
    graph.constant("zero", np.array(0, np.float32))
    graph.constant("six", np.array(6, np.float32))
    graph.convolution("_conv_stem", "_bn0", STEM_STRIDE)
    graph.relu6()
    for number, stride in enumerate(BLOCK_STRIDES):
        append_block(graph, f"_blocks.{number}", stride)
    graph.convolution("_conv_head", "_bn1")
    graph.relu6()
    graph.then("GlobalAveragePool")
    graph.then("Flatten", output="embedding")
    graph.then(
        "Gemm",
        *(graph.constant(f"_fc.{part}", tensors[f"_fc.{part}"]) for part in ("weight", "bias")),
        output="logits",
        transB=1,
    )
    return as_model(graph, {"embedding": 1280, "logits": 1000})


def as_model(graph: Graph, outputs: dict[str, int]) -> onnx.ModelProto:
    """Close the graph: name its input and outputs and fix the versions, so that equal weights give equal bytes."""
    inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, SIDE_PX, SIDE_PX])]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width]) for name, width in outputs.items()]
    body = helper.make_graph(graph.nodes, "efficientnet-lite0", inputs, results, graph.weights)
    return helper.make_model(
        body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="imagerec"
    )
