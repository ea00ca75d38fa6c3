"""Arrays and documents of the index, in a storage that only puts whole objects."""

import resource

import numpy as np
import pytest

from recommendation.index import objects
from shared.errors import CannotProceedError
from tests.memory_storage import MemoryStorage


@pytest.mark.parametrize(
    "array",
    [
        np.arange(20, dtype=np.float16).reshape(10, 2),
        np.zeros((0, 3), np.float32),
        np.array([b"a" * 16, b"b" * 15 + b"\0"], "S16"),
        np.random.default_rng(1).random((2000, 600)),
    ],
    ids=["float16", "no rows", "ids", "several chunks"],
)
def test_an_array_is_read_as_it_was_stored(array: np.ndarray) -> None:
    volume = MemoryStorage()
    sha256 = objects.put_array(volume, "some.npy", array)
    objects.check_object(volume, "some.npy", sha256)
    found = np.load(volume.local_path("some.npy"))
    assert np.array_equal(found, array)
    assert found.dtype == array.dtype


def test_no_flipped_bit_of_a_document_goes_unnoticed_and_it_is_named() -> None:
    volume = MemoryStorage()
    objects.put_document(volume, "a/b.json", {"name": "x", "n": 3})
    intact = volume.read("a/b.json")
    assert objects.read_document(volume, "a/b.json") == {"name": "x", "n": 3}
    for bit in range(len(intact) * 8):
        damaged = bytearray(intact)
        damaged[bit // 8] ^= 1 << bit % 8
        volume.put("a/b.json", bytes(damaged))
        with pytest.raises(CannotProceedError, match=r"a/b.json is damaged .*; run `imagerec recommendation build`"):
            objects.read_document(volume, "a/b.json")


def test_what_is_missing_is_named() -> None:
    with pytest.raises(CannotProceedError, match=r"a/b.json cannot be read"):
        objects.read_document(MemoryStorage(), "a/b.json")
    with pytest.raises(CannotProceedError, match=r"some.npy cannot be read"):
        objects.check_object(MemoryStorage(), "some.npy", "0" * 64)


def test_mapping_many_shards_is_allowed_as_many_files_as_the_system_grants() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        objects.allow_open_files(10)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == objects.OTHER_FILES + 10 * objects.FILES_OF_SHARD
        objects.allow_open_files(1)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == objects.OTHER_FILES + 10 * objects.FILES_OF_SHARD
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
