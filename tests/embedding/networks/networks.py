"""Small networks and what comes with them, made for tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE_PX = 32
NAMES = ("cat", "dog", "house", "tree", "boat")
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
CARD: dict[str, Any] = {
    "side_px": SIDE_PX,
    "layout": "NCHW",
    "scale": 1 / 255,
    "mean": list(MEAN),
    "std": list(STD),
    "categories": "names.txt",
}


def zoo_like(seed: int = 0, opset: int = 12) -> onnx.ModelProto:
    """A network built as MobileNetV2-12 of the ONNX model zoo is: `input` to `output`, the pooled vector hidden inside."""
    random = np.random.default_rng(seed)
    weights = {
        "stem": random.normal(0, 0.3, (8, 3, 3, 3)),
        "depthwise": random.normal(0, 0.4, (8, 1, 3, 3)),
        "project": random.normal(0, 0.4, (8, 8, 1, 1)),
        "head": random.normal(0, 0.4, (16, 8, 1, 1)),
        "classes": random.normal(0, 1, (len(NAMES), 16)),
        "low": np.array(0),
        "high": np.array(6),
    }
    nodes = [
        helper.make_node("Conv", ["input", "stem"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["a", "low", "high"], ["b"]),
        helper.make_node("Conv", ["b", "depthwise"], ["c"], group=8, pads=[1, 1, 1, 1]),
        helper.make_node("Clip", ["c", "low", "high"], ["d"]),
        helper.make_node("Conv", ["d", "project"], ["e"]),
        helper.make_node("Add", ["b", "e"], ["f"]),
        helper.make_node("Conv", ["f", "head"], ["g"]),
        helper.make_node("Clip", ["g", "low", "high"], ["h"]),
        helper.make_node("GlobalAveragePool", ["h"], ["pooled"]),
        helper.make_node("Shape", ["pooled"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["batch"], axis=0),
        helper.make_node("Unsqueeze", ["batch"], ["batches"], axes=[0])
        if opset < 13
        else helper.make_node("Unsqueeze", ["batch", "first"], ["batches"]),
        helper.make_node("Concat", ["batches", "rest"], ["flat"], axis=0),
        helper.make_node("Reshape", ["pooled", "flat"], ["vector"]),
        helper.make_node("Gemm", ["vector", "classes"], ["output"], transB=1),
    ]
    constants = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    numbers = {"zero": np.array(0), "rest": np.array([-1]), "first": np.array([0])}
    constants += [numpy_helper.from_array(value.astype(np.int64), name) for name, value in numbers.items()]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch_size", 3, SIDE_PX, SIDE_PX])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch_size", len(NAMES)])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def write_network(folder: Path, network: onnx.ModelProto | None = None, **card: Any) -> Path:
    """The network as a file, with its card and the names of its categories beside it; returns the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "small.onnx"
    path.write_bytes((network or zoo_like()).SerializeToString())
    (folder / "small.card.json").write_text(json.dumps(CARD | card))
    (folder / "names.txt").write_text("# a comment\n" + "\n".join(f"{name}, another name" for name in NAMES) + "\n")
    return path


def noise(count: int, side_px: int = SIDE_PX, seed: int = 0) -> NDArray[np.uint8]:
    """Pictures of random pixels, each with a tint of its own, shape (count, side_px, side_px, 3)."""
    random = np.random.default_rng(seed)
    tint = random.integers(0, 200, (count, 1, 1, 3))
    return (tint + random.integers(0, 56, (count, side_px, side_px, 3))).astype(np.uint8)
