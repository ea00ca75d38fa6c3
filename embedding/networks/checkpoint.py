"""Reads the tensors out of a PyTorch state_dict without PyTorch, and executes nothing that is in the file."""

import io
import pickle
from collections import OrderedDict
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.errors import CannotProceedError

Tensors = dict[str, NDArray[Any]]

#: First pickle of the file. Source: torch/serialization.py, MAGIC_NUMBER of the format before PyTorch 1.6.
MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class TensorStorage(NamedTuple):
    """A run of numbers that tensors point into; its bytes come after the pickles."""

    key: str
    dtype: np.dtype[Any]
    length: int


class Tensor(NamedTuple):
    """A view of a storage: where it starts, its shape and its steps, all in elements."""

    storage: TensorStorage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def rebuild_tensor(
    storage: TensorStorage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> Tensor:
    """Stand in for ``torch._utils._rebuild_tensor_v2``; gradients and hooks are dropped."""
    return Tensor(storage, offset, shape, strides)


ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    **{("torch", name): dtype for name, dtype in DTYPES.items()},
}


class RestrictedUnpickler(pickle.Unpickler):
    """Allows only the four names that a state_dict needs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which a state_dict does not need")
        return ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> TensorStorage:
        _, dtype, key, _, length, _ = pid  # 'storage', type, key, device, elements, view
        return TensorStorage(str(key), dtype, int(length))


def read_state_dict(data: bytes) -> Tensors:
    """The arrays of a state_dict saved by PyTorch before 1.6, by name.

    Raises:
        CannotProceedError: the bytes are something else, are cut short, or ask for more than tensors.
    """
    try:
        return read_tensors(io.BytesIO(data))
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CannotProceedError(f"the weights are not a PyTorch state_dict that can be read: {error}") from error


def read_tensors(file: BinaryIO) -> Tensors:
    """Read magic, protocol, machine, tensors and storage keys (five pickles), then the raw storages."""
    magic, _, _, tensors, keys = (RestrictedUnpickler(file).load() for _ in range(5))
    if magic != MAGIC:
        raise ValueError("it does not begin with PyTorch's magic number")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    numbers = {key: read_storage(file, storages[key]) for key in keys}
    return {name: view(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def read_storage(file: BinaryIO, storage: TensorStorage) -> NDArray[Any]:
    """Read one storage: its length as int64, then its numbers."""
    length = int.from_bytes(file.read(8), "little")
    if length != storage.length:
        raise ValueError(f"expected {storage.length} numbers in storage {storage.key}, got {length}")
    data = file.read(length * storage.dtype.itemsize)
    if len(data) != length * storage.dtype.itemsize:
        raise EOFError(f"it ends inside storage {storage.key}")
    return np.frombuffer(data, storage.dtype)


def view(tensor: Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    """The tensor as a C-ordered array of its own; its steps may be any that stay inside its storage."""
    steps = [(size - 1) * stride for size, stride in zip(tensor.shape, tensor.strides, strict=True)]
    if min([tensor.offset, *tensor.shape, *tensor.strides]) < 0 or tensor.offset + sum(steps) >= len(numbers):
        raise ValueError(f"a tensor of shape {tensor.shape} reaches outside its storage")
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides).copy()
