"""Our EfficientNet-Lite0 against the one that PyTorch exported."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from embedding.networks.checkpoint import read_state_dict
from embedding.networks.efficientnet import efficientnet_lite0, same_padding
from embedding.networks.graph import standardise
from embedding.networks.registry import EFFICIENTNET_LITE0, package_bytes
from shared.models.session import Embedder
from shared.pictures import decoding, pixels

PHOTOS = 12


@pytest.mark.parametrize(
    ("kernel", "stride", "expected"), [(1, 1, (0, 0)), (3, 1, (1, 1)), (5, 1, (2, 2)), (3, 2, (0, 1)), (5, 2, (1, 2))]
)
def test_padding_is_tensorflows(kernel: int, stride: int, expected: tuple[int, int]) -> None:
    assert same_padding(kernel, stride) == expected


def test_equal_weights_give_equal_bytes() -> None:
    tensors = read_state_dict(package_bytes(EFFICIENTNET_LITE0))
    assert efficientnet_lite0(tensors).SerializeToString() == efficientnet_lite0(tensors).SerializeToString()


def test_it_answers_as_the_network_that_pytorch_exported(photos: Path, exported_network: Path) -> None:
    pixels = squashed(sorted(photos.glob("*/*.jpg"))[:: 2999 // PHOTOS])
    expected, logits = onnxruntime.InferenceSession(exported_network).run(None, {"input": planes(pixels)})
    network = standardise(EFFICIENTNET_LITE0.read(package_bytes(EFFICIENTNET_LITE0)), EFFICIENTNET_LITE0.card)
    vectors, probabilities = Embedder(network.SerializeToString()).embed(pixels)
    assert cosine(vectors, expected).min() >= 0.9999
    assert probabilities == pytest.approx(softmax(logits), abs=1e-4)


def squashed(paths: list[Path]) -> NDArray[np.uint8]:
    """Photographs as the network takes them, shape (n, 224, 224, 3)."""
    pictures = [pixels.open_thumbnail(decoding.decode(path.read_bytes()).jpeg) for path in paths]
    return np.stack([pixels.resize(picture, 224, 224) for picture in pictures])


def planes(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (pixels.astype(np.float32) - np.float32(127)) / np.float32(128)
    return scaled.transpose(0, 3, 1, 2)


def cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    likeness: NDArray[np.float64] = (one * other).sum(axis=1, dtype=np.float64) / lengths
    return likeness


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    powers = np.exp(logits.astype(np.float64))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares
