"""Every network gets one interface: pixels in, vector and probabilities out, scaling and softmax inside."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import helper

from embedding.networks.graph import standardise
from embedding.networks.spec import ModelSpec
from shared.errors import UsageError
from shared.models.session import Embedder
from tests.embedding.networks.networks import MEAN, NAMES, SIDE_PX, STD, noise, zoo_like

CARD = ModelSpec(SIDE_PX, "NCHW", scale=1 / 255, mean=MEAN, std=STD, categories=NAMES)


def scaled(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the networks' authors say to do with the pixels, shape (n, 3, side, side)."""
    values: NDArray[np.float32] = ((pixels / 255 - MEAN) / STD).astype(np.float32).transpose(0, 3, 1, 2)
    return values


def run(network: onnx.ModelProto, name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    """A tensor of the original network, which need not be one of its outputs."""
    shown = onnx.ModelProto()
    shown.CopyFrom(network)
    shown.graph.output.append(helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(shown.SerializeToString())
    answer: NDArray[np.float32] = session.run([name], {"input": values})[0]
    return answer


@pytest.mark.parametrize("opset", [12, 17])
def test_the_pooled_vector_and_the_scores_come_out_as_they_were(opset: int) -> None:
    network, pixels = zoo_like(opset=opset), noise(3)
    vectors, probabilities = Embedder(standardise(network, CARD).SerializeToString()).embed(pixels)
    powers = np.exp(run(zoo_like(), "output", scaled(pixels)))
    assert vectors == pytest.approx(run(network, "vector", scaled(pixels)), abs=1e-5)
    assert probabilities == pytest.approx(powers / powers.sum(axis=1, keepdims=True), abs=1e-5)


def test_another_tensor_can_be_the_vector() -> None:
    card = CARD._replace(embedding="pooled", scores="output", softmax=False)
    vectors, scores = Embedder(standardise(zoo_like(), card).SerializeToString()).embed(noise(2))
    assert vectors.shape == (2, 16)  # (2, 16, 1, 1) inside
    assert scores == pytest.approx(run(zoo_like(), "output", scaled(noise(2))), abs=1e-5)


@pytest.mark.parametrize(
    "card", [ModelSpec(4, "NHWC", "uint8"), ModelSpec(4, "NHWC", scale=0.5, mean=(1, 2, 3), std=(2, 2, 4))]
)
def test_pixels_may_go_in_as_they_are(card: ModelSpec) -> None:
    kind = onnx.TensorProto.UINT8 if card.dtype == "uint8" else onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("Cast", ["input"], ["pixels"], to=onnx.TensorProto.FLOAT),  # a name that we use too
        helper.make_node("Flatten", ["pixels"], ["embedding"]),
        helper.make_node("Flatten", ["embedding"], ["probabilities"]),
    ]
    inputs = [helper.make_tensor_value_info("input", kind, ["n", 4, 4, 3])]
    outputs = [helper.make_tensor_value_info(name, 1, ["n", 48]) for name in ("embedding", "probabilities")]
    opsets = [helper.make_opsetid("", 17)]
    network = helper.make_model(helper.make_graph(nodes, "flat", inputs, outputs), opset_imports=opsets, ir_version=8)
    whole = standardise(network, card._replace(embedding="embedding", scores="probabilities", softmax=False))
    pixels = noise(2, 4)
    expected = (pixels * card.scale - np.array(card.mean)) / np.array(card.std)
    vectors, _ = Embedder(whole.SerializeToString()).embed(pixels)
    assert vectors == pytest.approx(expected.reshape(2, 48), abs=1e-4)


def test_a_missing_tensor_is_named() -> None:
    with pytest.raises(UsageError, match=r"expected a tensor 'pool' .*`embedding`.*its outputs are \['output'\]"):
        standardise(zoo_like(), CARD._replace(embedding="pool"))
    with pytest.raises(UsageError, match=r"expected a tensor 'logits' .*`scores`"):
        standardise(zoo_like(), CARD._replace(scores="logits"))


def test_several_inputs_or_outputs_are_refused() -> None:
    two_outputs, two_inputs = zoo_like(), zoo_like()
    two_outputs.graph.output.append(helper.make_empty_tensor_value_info("vector"))
    two_inputs.graph.input.append(helper.make_tensor_value_info("mask", 1, ["n"]))
    with pytest.raises(UsageError, match=r"one output, got .*`scores`"):
        standardise(two_outputs, CARD)
    with pytest.raises(UsageError, match="one input, got"):
        standardise(two_inputs, CARD)


def test_a_network_without_a_last_layer_must_say_which_vector() -> None:
    headless = zoo_like()
    del headless.graph.node[-1]
    headless.graph.output[0].name = "vector"
    with pytest.raises(UsageError, match=r"fully connected layer .* as `embedding`"):
        standardise(headless, CARD)


def test_a_vector_does_not_depend_on_the_pictures_beside_it() -> None:
    network = Embedder(standardise(zoo_like(), CARD).SerializeToString())
    pixels = noise(8)
    together, _ = network.embed(pixels)
    alone = np.concatenate([network.embed(pixels[i : i + 1])[0] for i in range(8)])
    assert (together == alone).all()
