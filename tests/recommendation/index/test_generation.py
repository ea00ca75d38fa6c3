"""Files of a generation: written in place, checked before use, published in one move."""

import os
from pathlib import Path

import numpy as np
import pytest

from recommendation.index import generation
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from tests.bits import flip_bit

ONE, TWO, THREE = "1" * 16, "2" * 16, "3" * 16


def publish(volume: LocalStorage, name: str) -> None:
    folder = generation.begin(volume, name)
    (folder / "rows.jsonl").write_text(f"rows of {name}\n")
    generation.seal(folder, {"pictures": 3}, {"build_s": 0.5})
    generation.publish(volume, folder, name)


def test_a_published_generation_is_the_live_one(volume: LocalStorage) -> None:
    publish(volume, ONE)
    live = generation.open_live(volume)
    assert (live.name, live.document["pictures"], live.timings) == (ONE, 3, {"build_s": 0.5})
    assert set(live.document["files"]) == {"rows.jsonl"}


def test_the_generation_before_is_kept_and_older_ones_are_removed(volume: LocalStorage) -> None:
    for name in (ONE, TWO, THREE):
        publish(volume, name)
    assert sorted(path.name for path in volume.local_path("index").iterdir()) == [TWO, THREE, "CURRENT"]


def test_building_leaves_the_live_generation_alone_and_removes_what_a_dead_build_left(volume: LocalStorage) -> None:
    publish(volume, ONE)
    (generation.begin(volume, TWO) / "half.npy").write_text("half")
    assert generation.open_live(volume).name == ONE
    folder = generation.begin(volume, TWO)
    assert list(folder.iterdir()) == []
    assert generation.open_live(volume).name == ONE


def test_a_generation_that_was_moved_but_never_named_is_replaced(volume: LocalStorage) -> None:
    publish(volume, ONE)
    publish(volume, TWO)
    (volume.local_path("index") / "CURRENT").write_text(f"{ONE}\n")
    publish(volume, TWO)
    assert generation.open_live(volume).name == TWO
    assert sorted(path.name for path in volume.local_path("index").iterdir()) == [ONE, TWO, "CURRENT"]


def test_a_volume_without_index_says_how_to_make_one(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match=r"no index in .*; run `imagerec recommendation build`"):
        generation.open_live(volume)


@pytest.mark.parametrize("name", ["CURRENT", f"{ONE}/generation.json", f"{ONE}/timings.json", f"{ONE}/rows.jsonl"])
def test_no_flipped_bit_goes_unnoticed_and_the_file_is_named(volume: LocalStorage, name: str) -> None:
    publish(volume, ONE)
    path = volume.local_path("index") / name
    intact = path.read_bytes()
    for bit in range(len(intact) * 8):
        path.write_bytes(flip_bit(intact, bit))
        with pytest.raises(CannotProceedError, match=Path(name).name):
            generation.open_live(volume)


@pytest.mark.parametrize("name", ["CURRENT", f"{ONE}/generation.json", f"{ONE}/timings.json", f"{ONE}/rows.jsonl"])
def test_a_truncated_file_is_named(volume: LocalStorage, name: str) -> None:
    publish(volume, ONE)
    path = volume.local_path("index") / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CannotProceedError, match=f"{path} is damaged"):
        generation.open_live(volume)


@pytest.mark.parametrize("name", ["generation.json", "timings.json", "rows.jsonl"])
def test_a_missing_file_is_named(volume: LocalStorage, name: str) -> None:
    publish(volume, ONE)
    (volume.local_path("index") / ONE / name).unlink()
    with pytest.raises(CannotProceedError, match=f"{name} cannot be read"):
        generation.open_live(volume)


def test_rows_written_twice_and_in_any_order_make_one_array(tmp_path: Path) -> None:
    path = tmp_path / "some.npy"
    expected = np.arange(20, dtype=np.float16).reshape(10, 2)
    generation.reserve(path, "float16", (10, 2))
    for start, stop in ((4, 10), (0, 4), (4, 10)):
        generation.write_rows(path, start, expected[start:stop].astype(np.float32))
    assert np.array_equal(generation.load_rows(path), expected)
    assert np.array_equal(np.load(path), expected)


@pytest.mark.parametrize(("start", "shape"), [(9, (2, 2)), (0, (1, 3))])
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, start: int, shape: tuple[int, int]) -> None:
    generation.reserve(tmp_path / "some.npy", "float32", (10, 2))
    with pytest.raises(ValueError, match="expected rows of shape"):
        generation.write_rows(tmp_path / "some.npy", start, np.zeros(shape))


@pytest.mark.parametrize("n_moves", range(5))
def test_a_crash_at_any_move_leaves_a_generation_that_answers(
    volume: LocalStorage, monkeypatch: pytest.MonkeyPatch, n_moves: int
) -> None:
    publish(volume, ONE)
    moves, move = iter(range(n_moves)), os.replace

    def move_or_crash(source: Path, target: Path) -> None:
        if next(moves, None) is None:
            raise KeyboardInterrupt
        move(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", move_or_crash)
        if n_moves < 4:  # two documents, the folder, CURRENT
            with pytest.raises(KeyboardInterrupt):
                publish(volume, TWO)
        else:
            publish(volume, TWO)
    assert generation.open_live(volume).name == (ONE if n_moves < 4 else TWO)
    publish(volume, TWO)
    assert generation.open_live(volume).name == TWO
    assert {path.name for path in volume.local_path("index").iterdir()} <= {ONE, TWO, "CURRENT"}
