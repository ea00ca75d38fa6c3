"""Generations: checked before use, published by one commit, deleted when nothing names them."""

from pathlib import Path

import numpy as np
import pytest

from recommendation.index import generation, objects
from recommendation.index.build import columns
from recommendation.index.generation import NewerFormatError
from recommendation.index.objects import BASES, METADATA, SHARDS
from shared.errors import CannotProceedError
from shared.storage import LocalStorage, Storage
from shared.storage.volume import INDEX
from tests.memory_storage import MemoryStorage
from tests.recommendation.index.storages import CrashError, CrashingStorage

ONE, TWO, THREE = "1" * 16, "2" * 16, "3" * 16
SHARED = "a" * 16  # a shard that every generation has


def put_generation(volume: Storage, name: str) -> dict[str, object]:
    """The objects of a generation with a basis, a shard of its own and a shared one; its document."""
    basis = {"objects": {"m.axes.npy": objects.put_array(volume, f"{BASES}/{name}.m.axes.npy", np.eye(2))}}
    objects.put_document(volume, f"{BASES}/{name}.json", basis)
    shards = []
    for shard in (SHARED, name):
        sha256 = objects.put_array(volume, f"{SHARDS}/{shard}.ids.npy", np.array([b"x" * 16]))
        objects.put_document(volume, f"{SHARDS}/{shard}.json", {"slices": {"a": 1}, "objects": {"ids.npy": sha256}})
        data, document = columns.encode([{"image_id": "x"}])
        sha256 = objects.put_bytes(volume, f"{METADATA}/{shard}.arrow", [data])
        objects.put_document(volume, f"{METADATA}/{shard}.json", {**document, "sha256": sha256})
        shards.append({"name": shard, "rows": 1, "metadata": shard, "removed": 0})
    return {"pictures": 2, "basis": name, "shards": shards}


def publish(volume: Storage, name: str) -> None:
    _, old = generation.find_live(volume)
    generation.publish(volume, name, put_generation(volume, name), {"build_s": 0.5}, old)


def names_in(volume: Storage) -> set[str]:
    """Generations, bases, shards and metadata that are there."""
    return {one.key.split("/")[-1].split(".")[0] for one in volume.list(INDEX)} - {"CURRENT"}


def test_a_published_generation_is_the_live_one() -> None:
    volume = MemoryStorage()
    publish(volume, ONE)
    live = generation.open_live(volume)
    assert (live.name, live.document["pictures"], dict(live.timings)) == (ONE, 2, {"build_s": 0.5})
    assert [shard.name for shard in live.shards] == [SHARED, ONE]
    assert generation.live_name(volume) == ONE


def test_the_generation_before_is_kept_whole_and_older_ones_are_deleted() -> None:
    volume = MemoryStorage()
    for name in (ONE, TWO, THREE):
        publish(volume, name)
    assert names_in(volume) == {TWO, THREE, SHARED}
    assert generation.check_generation(generation.read_generation(volume, TWO)).name == TWO


def test_publishing_a_generation_again_keeps_the_one_before_it() -> None:
    volume = MemoryStorage()
    for name in (ONE, TWO, TWO):
        publish(volume, name)
    assert generation.read_pointer(volume)[:2] == (TWO, ONE)
    assert names_in(volume) == {ONE, TWO, SHARED}


def test_what_a_build_left_is_deleted_by_the_next_publication() -> None:
    volume = MemoryStorage()
    publish(volume, ONE)
    put_generation(volume, THREE)
    assert generation.open_live(volume).name == ONE
    publish(volume, TWO)
    assert names_in(volume) == {ONE, TWO, SHARED}


def test_whoever_publishes_second_from_the_same_state_is_refused_and_changes_nothing() -> None:
    volume = MemoryStorage()
    _, old = generation.find_live(volume)
    publish(volume, ONE)
    with pytest.raises(CannotProceedError, match="replaced by another writer; run again"):
        generation.publish(volume, TWO, put_generation(volume, TWO), {}, old)
    assert generation.open_live(volume).name == ONE


def test_a_volume_without_index_says_how_to_make_one() -> None:
    assert generation.live_name(MemoryStorage()) is None
    assert generation.read_live_document(MemoryStorage()) is None
    with pytest.raises(CannotProceedError, match=r"no index in .*; run `imagerec recommendation build`"):
        generation.open_live(MemoryStorage())


def object_names(volume: Storage) -> list[str]:
    return [one.key for one in volume.list(INDEX)]


def test_no_flipped_bit_goes_unnoticed_and_the_object_is_named() -> None:
    volume = MemoryStorage()
    publish(volume, ONE)
    for key in object_names(volume):
        intact = volume.read(key)
        for bit in range(0, len(intact) * 8, 1 if len(intact) < 1000 else 97):
            damaged = bytearray(intact)
            damaged[bit // 8] ^= 1 << bit % 8
            volume.put(key, bytes(damaged))
            with pytest.raises(CannotProceedError, match=key.split("/")[-1]):
                generation.open_live(volume)
        volume.put(key, intact)
    assert generation.open_live(volume).name == ONE


def test_a_truncated_or_missing_object_is_named() -> None:
    volume = MemoryStorage()
    publish(volume, ONE)
    for key in object_names(volume):
        intact = volume.read(key)
        volume.put(key, intact[:-1])
        with pytest.raises(CannotProceedError, match=f"{key} is damaged"):
            generation.open_live(volume)
        volume.delete(key)
        with pytest.raises(CannotProceedError, match=f"{key} cannot be read" if "CURRENT" not in key else "no index"):
            generation.open_live(volume)
        volume.put(key, intact)


def test_the_summary_counts_shards_and_names_what_is_missing() -> None:
    volume = MemoryStorage()
    publish(volume, ONE)
    assert generation.read_live_document(volume) == {
        "generation": ONE,
        "pictures": 2,
        "basis": ONE,
        "shards": 2,
        "timings": {"build_s": 0.5},
    }
    volume.delete(f"{SHARDS}/{SHARED}.ids.npy")
    with pytest.raises(CannotProceedError, match=f"{SHARED}.ids.npy is missing"):
        generation.read_live_document(volume)


def test_an_index_of_format_0_is_reported_once_and_its_folder_removed(
    volume: LocalStorage, caplog: pytest.LogCaptureFixture
) -> None:
    volume.put(f"{INDEX}/CURRENT", b"0123456789abcdef\n")
    volume.put(f"{INDEX}/0123456789abcdef/embedding.npy", b"old")
    with pytest.raises(
        CannotProceedError, match=r"CURRENT is of an older version; run `imagerec recommendation build`"
    ):
        generation.open_live(volume)
    publish(volume, ONE)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert not volume.local_path(f"{INDEX}/0123456789abcdef").exists()
    assert generation.open_live(volume).name == ONE


def test_an_index_of_a_newer_format_is_refused() -> None:
    volume = MemoryStorage()
    newer = {"format": 2, "generation": ONE, "previous": ""}
    volume.put(generation.CURRENT, objects.seal(newer))
    for call in (generation.open_live, generation.find_live):
        with pytest.raises(NewerFormatError, match="format 2, this version reads up to 1; use a newer version"):
            call(volume)


def test_a_crash_at_any_change_leaves_a_generation_that_answers(tmp_path: Path) -> None:
    for n in range(100):
        volume = LocalStorage(tmp_path / str(n))
        for name in (THREE, ONE):
            publish(volume, name)
        crashing = CrashingStorage(volume.root, n)
        try:
            publish(crashing, TWO)
        except CrashError:
            is_over = False
        else:
            is_over = True
        is_committed = generation.CURRENT in crashing.done
        assert generation.open_live(volume).name == (TWO if is_committed else ONE)
        publish(volume, TWO)
        assert generation.open_live(volume).name == TWO
        assert names_in(volume) == {ONE, TWO, SHARED}
        if is_over:
            break
    assert is_over
    assert n > 10
