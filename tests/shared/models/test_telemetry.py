"""What a network's runtime tells others: nothing."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RUN_A_NETWORK = """
import onnx
from shared.models.session import open_session
one = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "relu", one[:1], one[1:])
opset = onnx.helper.make_opsetid("", 17)
open_session(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString())
"""


def test_running_a_network_leaves_nothing_in_the_home_folder(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", RUN_A_NETWORK], env=environ, check=True)
    assert list(tmp_path.rglob("*")) == []
