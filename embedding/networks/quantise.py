"""Makes the int8 copy of a network: ONNX Runtime's static quantisation, with ranges measured on the collection's pictures."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import TensorsData, save_tensors_data
from onnxruntime.quantization.shape_inference import quant_pre_process

from embedding.networks.graph import SCALING_NODES
from shared.errors import CannotProceedError
from shared.models.session import ERRORS, Observer

#: What is computed in int8. Scaling, pooling, last layer and softmax are a hundredth of the work and stay float.
QUANTISED = ("Conv", "Add", "Clip", "Relu")
ACTIVATIONS = ("Clip", "Relu")
#: The first layers, a sixteenth of them, stay float too: their errors reach all others. Neighbours kept and time with 0,
#: a sixteenth (3) and an eighth (6) of the layers in float, on 2,999 photos and a processor with VNNI: MobileNetV2 87, 89
#: and 90 % in 3.4, 3.4 and 4.2 ms; EfficientNet-Lite0 89, 92 and 94 % in 5.2, 4.1 and 5.0 ms; precision@5 stays within 0.002.
FLOAT_SHARE = 16
#: int8 weights are symmetric; two neighbours times an activation of 255 must stay below 2**15.
MAX_WEIGHT, MAX_PAIR = 127, 127
SMALLEST_STEP = 1e-4  # of the largest step of the same layer
#: What ONNX Runtime raises for a graph that it cannot quantise.
QUANTISING_ERRORS = (*ERRORS, ValueError, KeyError, TypeError, RuntimeError)


def prepare_both(network: bytes) -> tuple[bytes, bytes]:
    """The network ready for `quantise`, and the one that `Observer` runs.

    Raises:
        CannotProceedError: ONNX Runtime cannot quantise this network.
    """
    try:
        prepared = prepare(network)
        observer = observer_graph(prepared)
        Observer(observer)
    except QUANTISING_ERRORS as error:
        raise CannotProceedError(f"ONNX Runtime cannot make an int8 copy of this network ({error})") from error
    return prepared, observer


def prepare(network: bytes) -> bytes:
    """The network with constants folded and shapes inferred, as quantising needs it."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.onnx"), Path(folder, "after.onnx")
        before.write_bytes(network)
        quant_pre_process(before, after, skip_symbolic_shape=True)
        return after.read_bytes()


def observed_names(network: onnx.ModelProto) -> list[str]:
    """The tensors whose ranges quantising needs: in and out of every quantised node, after its activation."""
    left_out = float_nodes(network)
    nodes = [node for node in network.graph.node if node.op_type in QUANTISED and node.name not in left_out]
    known = {weight.name for weight in network.graph.initializer} | {""} | set(before_activation(network))
    names = [name for node in nodes for name in [*node.input, *node.output]]
    return [name for name in dict.fromkeys(names) if name not in known]


def float_nodes(network: onnx.ModelProto) -> list[str]:
    """The names of the nodes that stay float: those that scale the pixels, and the first convolutions."""
    convolutions = [node.name for node in network.graph.node if node.op_type == "Conv"]
    return [*SCALING_NODES, *convolutions[: len(convolutions) // FLOAT_SHARE]]


def before_activation(network: onnx.ModelProto) -> dict[str, str]:
    """The tensors that go into an activation, and what comes out of it.

    Quantising removes them: the activation becomes the limits of its output.
    """
    return {node.input[0]: node.output[0] for node in network.graph.node if node.op_type in ACTIVATIONS}


def observer_graph(prepared: bytes) -> bytes:
    """A network whose only output, `ranges` (tensors, 2), is how low and how high each observed tensor goes."""
    network = onnx.load_from_string(prepared)
    ends = []
    for number, name in enumerate(observed_names(network)):
        for kind in ("ReduceMin", "ReduceMax"):
            end = f"{kind}_{number}"
            ends.append(f"{end}_flat")
            network.graph.node.append(helper.make_node(kind, [name], [end], name=end))
            network.graph.node.append(helper.make_node("Reshape", [end, "any_length"], [ends[-1]], name=ends[-1]))
    network.graph.node.append(helper.make_node("Concat", ends, ["range_list"], name="range_list", axis=0))
    network.graph.node.append(helper.make_node("Reshape", ["range_list", "pairs"], ["ranges"], name="ranges"))
    shapes = {"any_length": [-1], "pairs": [-1, 2]}
    network.graph.initializer.extend(
        numpy_helper.from_array(np.array(shape, np.int64), name) for name, shape in shapes.items()
    )
    del network.graph.output[:]
    network.graph.output.append(helper.make_tensor_value_info("ranges", TensorProto.FLOAT, [len(ends) // 2, 2]))
    return bytes(network.SerializeToString())


def union_of_ranges(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ranges that hold both, shape (tensors, 2)."""
    return np.stack([np.minimum(one[:, 0], other[:, 0]), np.maximum(one[:, 1], other[:, 1])], axis=1)


def weight_steps(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """The size of one step of the int8 weights of each output channel, shape (channels,).

    A processor without VNNI multiplies activations of 0..255 with weights of -127..127 and adds two neighbouring products
    in 16 bits, which overflow in silence when the weights of a pair add up to more than 128. So steps are as large as the
    worst pair needs. Depthwise convolutions are computed another way and need it not.
    Source: ONNX Runtime, "Quantize ONNX models", on reduce_range, which gives up a whole bit instead. Of MobileNetV2's five
    nearest neighbours 71 % stayed with that, 86 % with this; of EfficientNet-Lite0's 84 % and 92 %.

    Args:
        kernel: shape (channels, channels in, height, width).
    """
    rows = np.moveaxis(kernel, 1, -1).reshape(len(kernel), -1)  # as it lies in memory: the input's channels last
    steps = np.abs(rows).max(axis=1) / MAX_WEIGHT
    if kernel.shape[1] > 1:
        steps = np.maximum(steps, np.abs(rows[:, 1:] + rows[:, :-1]).max(axis=1) / MAX_PAIR)
    # A channel that batch normalisation has silenced has no weights, but still a bias to be counted in steps.
    floor = steps.max() * SMALLEST_STEP or 1.0
    bounded: NDArray[np.float32] = np.maximum(steps, floor).astype(np.float32)
    return bounded


def weight_overrides(network: onnx.ModelProto) -> dict[str, list[dict[str, Any]]]:
    """The steps of all convolutions' weights, as an option of ONNX Runtime."""
    kernels = {weight.name: weight for weight in network.graph.initializer}
    names = dict.fromkeys(node.input[1] for node in network.graph.node if node.op_type == "Conv")
    overrides = {}
    for name in names:
        common = {"quant_type": QuantType.QInt8, "zero_point": np.array(0, np.int8)}
        steps = weight_steps(numpy_helper.to_array(kernels[name]))
        overrides[name] = [common | {"axis": 0, "scale": np.array(step, np.float32)} for step in steps]
    return overrides


def quantise(prepared: bytes, ranges: NDArray[np.float32]) -> bytes:
    """The int8 copy of a network; equal ranges give equal bytes.

    Args:
        prepared: the network, from `prepare`.
        ranges: how low and how high each observed tensor goes, shape (tensors, 2).
    """
    network = onnx.load_from_string(prepared)
    names = observed_names(network)
    found = {name: (low, high) for name, (low, high) in zip(names, ranges.astype(np.float32), strict=True)}
    found |= {name: found[after] for name, after in before_activation(network).items()}  # asked for, never used
    with tempfile.TemporaryDirectory() as folder:
        cache, after = Path(folder, "ranges.json"), Path(folder, "int8.onnx")
        save_tensors_data(TensorsData(CalibrationMethod.MinMax, found), cache)
        quantize_static(
            network,
            after,
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=float_nodes(network),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibration_cache_path=cache,
            extra_options={"TensorQuantOverrides": weight_overrides(network)},
        )
        return after.read_bytes()
