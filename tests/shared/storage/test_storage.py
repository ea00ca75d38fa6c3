"""Every storage keeps the same promises."""

import multiprocessing
import pickle
from pathlib import Path

import pytest

from shared.storage import CommitConflictError, LocalStorage, Storage
from tests.memory_storage import MemoryStorage


@pytest.fixture(params=["local", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return LocalStorage(tmp_path / "volume") if request.param == "local" else MemoryStorage()


def test_what_was_put_is_read(storage: Storage) -> None:
    storage.put("a/b", b"one")
    storage.put("a/c", iter([b"tw", b"o"]))
    assert (storage.read("a/b"), storage.read("a/c")) == (b"one", b"two")
    assert storage.local_path("a/c").read_bytes() == b"two"
    with storage.open("a/b") as file:
        file.seek(1)
        assert file.read(1) == b"n"


def test_a_missing_object_is_an_error_that_names_it(storage: Storage) -> None:
    with pytest.raises(FileNotFoundError, match="a/b"):
        storage.read("a/b")
    assert storage.stat("a/b") is None
    storage.delete("a/b")


def test_a_listing_has_every_object_below_a_folder_with_its_size(storage: Storage) -> None:
    for key in ("a/b", "a/d/c", "ab/e"):
        storage.put(key, key.encode())
    assert [(one.key, one.size_bytes) for one in storage.list("a")] == [("a/b", 3), ("a/d/c", 5)]
    assert [one.key for one in storage.list("")] == ["a/b", "a/d/c", "ab/e"]
    assert storage.list("nowhere") == []


def test_a_copy_stays_when_the_original_goes(storage: Storage) -> None:
    storage.put("a/b", b"one")
    storage.copy("a/b", "c/d")
    storage.copy("a/b", "c/d")
    storage.delete("a/b")
    assert [one.key for one in storage.list("")] == ["c/d"]
    assert storage.read("c/d") == b"one"


def test_a_commit_needs_the_content_that_was_read(storage: Storage) -> None:
    storage.commit("head", b"1", expected=None)
    storage.commit("head", b"2", expected=b"1")
    for stale in (None, b"1"):
        with pytest.raises(CommitConflictError):
            storage.commit("head", b"3", expected=stale)
    assert storage.read("head") == b"2"


def test_a_folder_has_keys_of_its_own(storage: Storage) -> None:
    storage.put("work/a", b"one")
    folder = storage.folder("work")
    folder.put("b", b"two")
    assert [one.key for one in folder.list("")] == ["a", "b"]
    assert storage.read("work/b") == b"two"


def add_one(root: Path) -> None:
    storage = LocalStorage(root)
    while True:
        before = storage.read("count")
        try:
            return storage.commit("count", str(int(before) + 1).encode(), before)
        except CommitConflictError:
            continue


def test_commits_of_several_processes_lose_nothing(tmp_path: Path) -> None:
    LocalStorage(tmp_path).put("count", b"0")
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(add_one, [tmp_path] * 40)
    assert LocalStorage(tmp_path).read("count") == b"40"


def test_what_an_interrupted_put_left_is_not_listed_and_can_be_removed(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)

    def broken() -> object:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        storage.put("a/b", broken())  # type: ignore[arg-type]
    (tmp_path / "a" / "b.tmp-0123").write_bytes(b"of a killed process")
    assert storage.list("") == []
    storage.delete_unfinished("a")
    assert list((tmp_path / "a").iterdir()) == []


def test_a_storage_travels_to_tasks(tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(LocalStorage(tmp_path))) == LocalStorage(tmp_path)


def test_a_deleted_folder_leaves_no_empty_one_around_it(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "volume")
    storage.put("work/a/b", b"one")
    storage.put("kept/c", b"two")
    storage.delete_folder("work/a")
    assert [path.name for path in storage.root.iterdir()] == ["kept"]
    storage.delete_folder("kept/d")
    assert storage.read("kept/c") == b"two"
