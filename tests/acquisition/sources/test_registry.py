"""What `--source` may be."""

from pathlib import Path

import pytest

from acquisition.safeguard import check_source
from acquisition.settings import Settings
from acquisition.sources.registry import open_source
from acquisition.sources.source import Notes
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage


def test_a_folder_is_a_source(volume: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    source = open_source(volume, str(tmp_path))
    assert [entry["filename"] for entry in source.entries(Notes())] == ["a.jpg"]


def test_a_list_is_a_source_that_may_name_a_file_twice(volume: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.jpg\na.jpg\n")
    source = open_source(volume, str(tmp_path / "list.txt"))
    assert ([entry["filename"] for entry in source.entries(Notes())], source.may_repeat) == (["a.jpg", "a.jpg"], True)


def test_what_is_not_there_is_refused(volume: LocalStorage) -> None:
    with pytest.raises(
        UsageError,
        match=r"expected a folder, a list of paths or addresses, sample.*; got '/no/such', which is not there",
    ):
        open_source(volume, "/no/such")


@pytest.mark.parametrize("data", [b"a.jpg\n", b"\xff\xd8\xff\xe0\0\x10JFIF"], ids=["text", "picture"])
def test_a_file_named_as_a_picture_is_no_list(volume: LocalStorage, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "text.JPG").write_bytes(data)
    with pytest.raises(UsageError, match=r"text\.JPG', a picture by its name; give the folder it is in"):
        open_source(volume, str(tmp_path / "text.JPG"))


def test_a_device_is_not_said_to_be_missing(volume: LocalStorage) -> None:
    with pytest.raises(UsageError, match="got '/dev/null', which is neither"):
        open_source(volume, "/dev/null")


def test_the_volume_is_no_source_of_itself(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "volume").mkdir()
    with pytest.raises(UsageError, match=f"got the volume {tmp_path}; give --data another"):
        open_source(LocalStorage(tmp_path), f"{tmp_path}/volume/..")
    assert len(list(open_source(LocalStorage(tmp_path / "volume"), str(tmp_path)).entries(Notes()))) == 1


def test_an_empty_source_and_a_file_that_is_no_list_are_found_out_by_a_look(
    volume: LocalStorage, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_bytes(b"")
    with pytest.raises(CannotProceedError, match=f"found no pictures in {tmp_path}; expected files such as"):
        check_source(volume, str(tmp_path))
    with pytest.raises(CannotProceedError, match=r"found no pictures in .*letter\.txt"):
        check_source(volume, str(tmp_path / "letter.txt"))
    (tmp_path / "noise").write_bytes(bytes(10))
    with pytest.raises(UsageError, match="got a file that is neither"):
        check_source(volume, str(tmp_path / "noise"))
    assert not volume.root.exists()


def test_the_sample_need_not_be_there_yet(volume: LocalStorage) -> None:
    check_source(volume, "sample")


def test_a_source_keeps_its_identity_however_it_is_written(
    volume: LocalStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pictures").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("pictures", "./pictures/", f"{tmp_path}/pictures", f"{tmp_path}/x/../pictures"):
        (tmp_path / "x").mkdir(exist_ok=True)
        assert open_source(volume, name).id == f"{tmp_path}/pictures"
    assert open_source(volume, "sample").id == "sample"


def test_a_name_may_end_with_a_blank(volume: LocalStorage, tmp_path: Path) -> None:
    (tmp_path / "pictures ").mkdir()
    source = Settings.resolve({"source": f"{tmp_path}/pictures ", "data": str(volume.root)}, None).source
    assert open_source(volume, source).id == f"{tmp_path}/pictures "
