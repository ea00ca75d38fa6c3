"""Makes the int8 copy of a network: ONNX Runtime's static quantisation, from ranges seen on the user's own pictures."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.calibrate import TensorsData, save_tensors_data
from onnxruntime.quantization.shape_inference import quant_pre_process

#: What is computed in int8. Scaling, pooling, the last layer and the softmax are a hundredth of the work and stay float.
QUANTISED = ("Conv", "Add", "Clip", "Relu")
ACTIVATIONS = ("Clip", "Relu")
#: Nodes of `shared.models.graph` around the network proper.
UNTOUCHED = ["scaled", "shifted"]


def prepare(network: bytes) -> bytes:
    """Return the network with constants folded and every shape told, as quantising needs it."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.onnx"), Path(folder, "after.onnx")
        before.write_bytes(network)
        quant_pre_process(before, after, skip_symbolic_shape=True)
        return after.read_bytes()


def observed_names(network: onnx.ModelProto) -> list[str]:
    """Return the tensors whose ranges quantising needs: in and out of every quantised node, after its activation."""
    nodes = [node for node in network.graph.node if node.op_type in QUANTISED and node.name not in UNTOUCHED]
    weights = {weight.name for weight in network.graph.initializer}
    names = [name for node in nodes for name in [*node.input, *node.output]]
    return [name for name in dict.fromkeys(names) if name not in weights | set(before_activation(network))]


def before_activation(network: onnx.ModelProto) -> dict[str, str]:
    """Return the tensors that go into an activation, and what comes out of it.

    They vanish: the activation becomes the limits of its output.
    """
    return {node.input[0]: node.output[0] for node in network.graph.node if node.op_type in ACTIVATIONS}


def observing(prepared: bytes) -> bytes:
    """Return a network that also says, as `ranges` (n, tensors, 2), how low and how high each observed tensor goes for each picture."""
    network = onnx.load_from_string(prepared)
    columns = []
    for number, name in enumerate(observed_names(network)):
        for kind in ("ReduceMin", "ReduceMax"):
            columns.append(f"{kind}_{number}")
            network.graph.node.append(
                helper.make_node("Flatten", [name], [f"{columns[-1]}_flat"], name=f"{columns[-1]}_flat")
            )
            network.graph.node.append(
                helper.make_node(kind, [f"{columns[-1]}_flat"], [columns[-1]], name=columns[-1], axes=[1], keepdims=1)
            )
    network.graph.node.append(helper.make_node("Concat", columns, ["range_list"], name="range_list", axis=1))
    network.graph.initializer.append(numpy_helper.from_array(np.array([0, -1, 2], np.int64), "range_shape"))
    network.graph.node.append(helper.make_node("Reshape", ["range_list", "range_shape"], ["ranges"], name="ranges"))
    network.graph.output.append(helper.make_tensor_value_info("ranges", TensorProto.FLOAT, ["n", len(columns) // 2, 2]))
    return bytes(network.SerializeToString())


def quantise(prepared: bytes, ranges: NDArray[np.float32]) -> bytes:
    """Return the int8 copy of a network; equal ranges give equal bytes.

    Weights get 7 of the 8 bits: without VNNI the processor adds pairs of products in 16 bits, and 8 bits overflow there in silence.
    Source: ONNX Runtime documentation, "Quantize ONNX models", When and why do I need to try U8U8.

    Args:
        prepared: the network, from `prepare`.
        ranges: how low and how high each observed tensor goes, shape (tensors, 2).
    """
    network = onnx.load_from_string(prepared)
    found = {
        name: (np.float32(low), np.float32(high))
        for name, (low, high) in zip(observed_names(network), ranges, strict=True)
    }
    found |= {name: found[after] for name, after in before_activation(network).items()}  # asked for, never used
    with tempfile.TemporaryDirectory() as folder:
        cache, after = Path(folder, "ranges.json"), Path(folder, "int8.onnx")
        save_tensors_data(TensorsData(CalibrationMethod.MinMax, found), cache)
        quantize_static(
            network,
            after,
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=UNTOUCHED,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibration_cache_path=cache,
        )
        return after.read_bytes()
