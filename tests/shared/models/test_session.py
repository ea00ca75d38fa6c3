"""What a network's runtime tells others: nothing."""

import os
from pathlib import Path

from tests.commands import python

RUN_A_NETWORK = """
import onnx
from shared.models.session import open_session
one = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "relu", one[:1], one[1:])
opset = onnx.helper.make_opsetid("", 17)
open_session(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString())
"""


def test_running_a_network_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    ran = python("-c", RUN_A_NETWORK, environ={"HOME": str(tmp_path), "PATH": os.environ["PATH"]})
    assert ran.returncode == 0, ran.stderr
    assert list(tmp_path.rglob("*")) == []
