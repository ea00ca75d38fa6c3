"""The int8 copy of a network: made from ranges that were seen, the same bytes each time, without silent overflow."""

from functools import reduce
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from embedding.networks import quantise
from embedding.networks.graph import standardise
from embedding.networks.registry import EFFICIENTNET_LITE0, package_bytes
from embedding.networks.spec import ModelSpec
from shared.errors import CannotProceedError
from shared.models.session import Embedder, Observer
from shared.pictures import decoding, pixels
from tests.embedding.networks.networks import MEAN, NAMES, SIDE_PX, STD, noise, zoo_like

CARD = ModelSpec(SIDE_PX, "NCHW", scale=1 / 255, mean=MEAN, std=STD, categories=NAMES)
NETWORK = standardise(zoo_like(), CARD).SerializeToString()


def copied(network: bytes, pixels: NDArray[np.uint8]) -> bytes:
    prepared, observing = quantise.prepare_both(network)
    observer = Observer(observing)
    return quantise.quantise(
        prepared,
        reduce(quantise.union_of_ranges, [observer.ranges(pixels[i : i + 4]) for i in range(0, len(pixels), 4)]),
    )


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    likeness: NDArray[np.float64] = (one * other).sum(axis=1, dtype=np.float64) / lengths
    return likeness


def test_the_copy_computes_in_int8_what_the_network_computes() -> None:
    copy, pixels = copied(NETWORK, noise(16)), noise(16, seed=1)
    assert {"QuantizeLinear", "DequantizeLinear"} <= {node.op_type for node in onnx.load_from_string(copy).graph.node}
    before, after = (Embedder(network).embed(pixels) for network in (NETWORK, copy))
    assert cosine(before[0], after[0]).min() > 0.99
    assert after[1] == pytest.approx(before[1], abs=0.05)


def test_equal_pictures_give_equal_bytes() -> None:
    assert copied(NETWORK, noise(8)) == copied(NETWORK, noise(8))


def test_ranges_are_those_of_the_tensors_inside() -> None:
    prepared, observing = quantise.prepare_both(NETWORK)
    names = quantise.observed_names(onnx.load_from_string(prepared))
    ranges = dict(zip(names, Observer(observing).ranges(np.full((2, SIDE_PX, SIDE_PX, 3), 51, np.uint8)), strict=True))
    scaled = (51 / 255 - np.array(MEAN)) / np.array(STD)
    assert ranges["network/input"] == pytest.approx([scaled.min(), scaled.max()], abs=1e-5)
    clipped = [name for name in names if name in {"network/b", "network/d", "network/h"}]
    assert all(0 <= low <= high <= 6 for low, high in (ranges[name] for name in clipped))
    assert len(clipped) == 3


def test_wider_ranges_hold_both() -> None:
    one, other = np.array([[-1, 2], [0, 5]], np.float32), np.array([[-3, 1], [1, 6]], np.float32)
    assert quantise.union_of_ranges(one, other).tolist() == [[-3, 2], [0, 6]]


@pytest.mark.parametrize(
    ("weights", "step"),
    [
        ([[127, 0, -127, 0]], 1.0),  # no two neighbours are large
        ([[127, 127, 0, 0]], 2.0),  # two neighbours that would overflow 16 bits
        ([[127, -127, 127, -127]], 1.0),  # neighbours that cancel
    ],
)
def test_steps_are_as_small_as_overflow_allows(weights: list[list[float]], step: float) -> None:
    kernel = np.array(weights, np.float32).reshape(1, 4, 1, 1)
    assert quantise.weight_steps(kernel) == pytest.approx([step])


def test_a_depthwise_kernel_uses_all_bits() -> None:
    assert quantise.weight_steps(np.full((2, 1, 3, 3), 254, np.float32)) == pytest.approx([2.0, 2.0])


def test_a_channel_without_weights_still_has_a_step() -> None:
    kernel = np.array([[127, 0], [0, 0]], np.float32).reshape(2, 2, 1, 1)
    assert quantise.weight_steps(kernel) == pytest.approx([1.0, quantise.SMALLEST_STEP])
    assert quantise.weight_steps(np.zeros((2, 2, 1, 1), np.float32)) == pytest.approx([1.0, 1.0])


def test_a_network_that_cannot_be_quantised_is_one_sentence() -> None:
    whole_numbers = onnx.load_from_string(NETWORK)
    shape = next(node for node in whole_numbers.graph.node if node.op_type == "Shape")
    whole_numbers.graph.node.append(onnx.helper.make_node("Add", [shape.output[0]] * 2, ["doubled"], name="doubled"))
    whole_numbers.graph.output.append(onnx.helper.make_empty_tensor_value_info("doubled"))
    with pytest.raises(CannotProceedError, match="ONNX Runtime cannot make an int8 copy of this network"):
        quantise.prepare_both(whole_numbers.SerializeToString())


def test_a_real_network_on_real_photographs_survives_it(photos: Path) -> None:
    paths = sorted(photos.glob("*/*.jpg"))[:: 2999 // 48]
    pictures = [pixels.open_thumbnail(decoding.decode(path.read_bytes()).jpeg) for path in paths]
    inputs = np.stack([pixels.resize(picture, 224, 224) for picture in pictures])
    network = standardise(EFFICIENTNET_LITE0.read(package_bytes(EFFICIENTNET_LITE0)), EFFICIENTNET_LITE0.card)
    original = network.SerializeToString()
    copy = copied(original, inputs[::2])
    before, after = (Embedder(one).embed(inputs[1::2]) for one in (original, copy))
    assert cosine(before[0], after[0]).mean() > 0.98  # 0.972 when weights give up a bit, 0.90 when they overflow
    assert (before[1].argmax(axis=1) == after[1].argmax(axis=1)).mean() > 0.75
