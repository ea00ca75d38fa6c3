"""Runs a network that is on the volume: one session per process, on one thread."""

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    RuntimeException,
)
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NotImplementedByRuntime

from shared.errors import CannotProceedError

LOG_ERRORS = 3
#: What ONNX Runtime raises over a network that it cannot run.
ERRORS = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NotImplementedByRuntime, RuntimeException)


def open_session(network: bytes) -> onnxruntime.InferenceSession:
    """A session on one thread: Spark, or the server, already works on every core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = LOG_ERRORS
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


class Embedder:
    """A network ready to look at pictures. Any number of threads may share it."""

    def __init__(self, network: bytes) -> None:
        self._session = open_session(network)

    @property
    def side_px(self) -> int:
        """Pictures go in at side_px x side_px."""
        return int(self._session.get_inputs()[0].shape[1])

    def embed(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Look at some pictures.

        Args:
            pixels: whole pictures in sRGB, squashed to the network's side, shape (n, side, side, 3).

        Returns:
            Vectors, shape (n, length), and probabilities of the categories, shape (n, categories).
        """
        vectors, probabilities = self._session.run(["embedding", "probabilities"], {"pixels": pixels})
        return vectors, probabilities


class Observer:
    """A network that tells what goes on inside it, from `embedding.networks.quantise.observer_graph`."""

    def __init__(self, network: bytes) -> None:
        self._session = open_session(network)

    @property
    def side_px(self) -> int:
        """Pictures go in at side_px x side_px."""
        return int(self._session.get_inputs()[0].shape[1])

    def ranges(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How low and how high each observed tensor goes on these pictures, shape (tensors, 2).

        Args:
            pixels: shape (n, side, side, 3).
        """
        ranges: NDArray[np.float32] = self._session.run(["ranges"], {"pixels": pixels})[0]
        return ranges


@lru_cache(maxsize=8)  # several networks; and a server may change over to new ones while the old ones still answer
def embedder(path: Path, sha256: str) -> Embedder:
    """This process's embedder for a network; the file is read and checked once.

    Raises:
        CannotProceedError: the file is missing, or is not the one that was installed.
    """
    return Embedder(checked_bytes(path, sha256))


def checked_bytes(path: Path, sha256: str) -> bytes:
    """Return the file's bytes if they are the ones that were installed. One flipped bit can change every vector in silence."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CannotProceedError(
            f"{path} cannot be read ({error.strerror}); run `imagerec embedding` to install it again"
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise CannotProceedError(
            f"{path} is damaged (its SHA-256 is not the one in its name); delete it and run `imagerec embedding` to install it again"
        )
    return data
