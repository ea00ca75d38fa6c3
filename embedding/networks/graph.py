"""Converts every network to one interface: uint8 `pixels` (n, side, side, 3) in; `embedding` and `probabilities` out."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper, version_converter

from embedding.networks.spec import ModelSpec
from shared.errors import UsageError

PREFIX = "network/"  # before every name of the original graph, so that ours are free
MIN_OPSET = 13  # quantising per channel needs it
#: Names of the nodes that scale the pixels; in float even where the network is int8.
SCALING_NODES = ("scaled", "shifted")
FULLY_CONNECTED = {"Gemm", "MatMul"}


def standardise(network: onnx.ModelProto, card: ModelSpec) -> onnx.ModelProto:
    """The network with scaling before it and a softmax after it, in one graph.

    Raises:
        UsageError: the network has more than one input, or lacks a tensor that the card names.
    """
    source, vector, scores = input_name(network), embedding_name(network, card), scores_name(network, card)
    model = compose.add_prefix(modernise(network), PREFIX)
    nodes = [
        *input_nodes(PREFIX + source, card),
        *model.graph.node,
        *output_nodes(PREFIX + vector, PREFIX + scores, card),
    ]
    for number, node in enumerate(nodes):
        node.name = node.name or f"{PREFIX}{node.op_type}_{number}"
    del model.graph.node[:], model.graph.input[:], model.graph.output[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(scaling(card))
    model.graph.input.append(
        helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", card.side_px, card.side_px, 3])
    )
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", None]) for name in ("embedding", "probabilities")
    )
    return model


def modernise(network: onnx.ModelProto) -> onnx.ModelProto:
    """The network in an operator set that can be quantised per channel."""
    version = next(opset.version for opset in network.opset_import if not opset.domain)
    return network if version >= MIN_OPSET else version_converter.convert_version(network, MIN_OPSET)


def input_name(network: onnx.ModelProto) -> str:
    """The name of the only input; weights listed among the inputs do not count."""
    weights = {weight.name for weight in network.graph.initializer}
    names = [value.name for value in network.graph.input if value.name not in weights]
    if len(names) != 1:
        raise UsageError(f"expected a network with one input, got {names}")
    return str(names[0])


def scores_name(network: onnx.ModelProto, card: ModelSpec) -> str:
    """The name of the tensor with the scores: the card's, or the only output."""
    outputs = [value.name for value in network.graph.output]
    if not card.scores and len(outputs) != 1:
        raise UsageError(
            f"expected a network with one output, got {outputs}: name the one with the scores in the card, as `scores`"
        )
    return produced(network, card.scores or outputs[0], "scores")


def embedding_name(network: onnx.ModelProto, card: ModelSpec) -> str:
    """The name of the tensor with the vector: the card's, or the input of the last fully connected layer."""
    if card.embedding:
        return produced(network, card.embedding, "embedding")
    layers = [node for node in network.graph.node if node.op_type in FULLY_CONNECTED]
    if not layers:
        raise UsageError(
            "expected a fully connected layer in the network, found none: name the tensor with the vector in the card, as `embedding`"
        )
    return str(layers[-1].input[0])


def produced(network: onnx.ModelProto, name: str, key: str) -> str:
    """The name if a node of the network produces it."""
    if not any(name in node.output for node in network.graph.node):
        outputs = [value.name for value in network.graph.output]
        raise UsageError(
            f"expected a tensor {name!r} in the network, as the card's `{key}` says; its outputs are {outputs}: correct the card"
        )
    return name


def input_nodes(source: str, card: ModelSpec) -> list[onnx.NodeProto]:
    """The nodes from `pixels` to the network's input. Bytes are moved before they become floats: a quarter of the work."""
    nodes, last = [], "pixels"
    if card.layout == "NCHW":
        nodes.append(helper.make_node("Transpose", [last], ["planes"], name="planes", perm=[0, 3, 1, 2]))
        last = "planes"
    if card.dtype == "uint8":
        return [*nodes, helper.make_node("Identity", [last], [source], name="input")]
    return [
        *nodes,
        helper.make_node("Cast", [last], ["floats"], name="floats", to=TensorProto.FLOAT),
        helper.make_node("Mul", ["floats", "factor"], ["scaled"], name="scaled"),
        helper.make_node("Add", ["scaled", "shift"], [source], name="shifted"),
    ]


def scaling(card: ModelSpec) -> list[onnx.TensorProto]:
    """Return factor and shift: (x * scale - mean) / std = x * factor + shift."""
    mean, std = np.array(card.mean), np.array(card.std)
    shape = (1, 3, 1, 1) if card.layout == "NCHW" else (1, 1, 1, 3)
    values = {} if card.dtype == "uint8" else {"factor": card.scale / std, "shift": -mean / std}
    return [numpy_helper.from_array(value.reshape(shape).astype(np.float32), name) for name, value in values.items()]


def output_nodes(vector: str, scores: str, card: ModelSpec) -> list[onnx.NodeProto]:
    """The nodes from the network's tensors to `embedding` and `probabilities`, both two-dimensional."""
    attributes: dict[str, Any] = {"axis": 1} if card.softmax else {}
    kind = "Softmax" if card.softmax else "Identity"
    return [
        helper.make_node("Flatten", [vector], ["embedding"], name="embedding"),
        helper.make_node("Flatten", [scores], ["scores"], name="scores"),
        helper.make_node(kind, ["scores"], ["probabilities"], name="probabilities", **attributes),
    ]
