"""Reading weights without PyTorch, and without executing what is in the file."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from embedding.networks.checkpoint import MAGIC, read_state_dict
from shared.errors import CannotProceedError

#: One tensor `w` as PyTorch 1.5 pickled it: a view of storage 7 with room for offset, shape and strides.
TENSOR = "(dS'w'\nctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nI6\nNtQI{}\n{}{}I00\n(dtRs."


def state_dict(tensor: str, numbers: list[float], magic: int = MAGIC) -> bytes:
    """A file as `torch.save` wrote it before PyTorch 1.6, with one storage."""
    head = b"".join(pickle.dumps(value, 2) for value in (magic, 1001, {"little_endian": True}))
    storage = len(numbers).to_bytes(8, "little") + np.array(numbers, "<f4").tobytes()
    return head + tensor.encode() + pickle.dumps(["7"], 2) + storage


def tensor(offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> str:
    def as_tuple(values: tuple[int, ...]) -> str:
        return "(" + "".join(f"I{value}\n" for value in values) + "t"

    return TENSOR.format(offset, as_tuple(shape), as_tuple(strides))


def test_a_tensor_is_read_with_its_offset_shape_and_steps() -> None:
    data = state_dict(tensor(1, (2, 2), (1, 2)), [9, 0, 1, 2, 3, 9])
    assert read_state_dict(data)["w"].tolist() == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Ran out of input"),
        (b"!", "invalid load key"),
        (state_dict(tensor(0, (6,), (1,)), [0] * 6, magic=5), "magic number"),
        (state_dict(tensor(0, (6,), (1,)), [0] * 6)[:-1], "ends inside storage 7"),
        (state_dict(tensor(0, (6,), (1,)), [0] * 5), "expected 6 numbers in storage 7, got 5"),
        (state_dict(tensor(1, (2, 3), (3, 1)), [0] * 6), "reaches outside its storage"),
        (state_dict(tensor(0, (2,), (-1,)), [0] * 6), "reaches outside its storage"),
    ],
)
def test_what_is_no_state_dict_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CannotProceedError, match=message):
        read_state_dict(data)


def test_nothing_in_the_file_is_executed(tmp_path: Path) -> None:
    trap = tmp_path / "executed"
    data = state_dict(f"cos\nsystem\n(S'touch {trap}'\ntR.", [0] * 6)
    with pytest.raises(CannotProceedError, match=r"it names os\.system"):
        read_state_dict(data)
    assert not trap.exists()
