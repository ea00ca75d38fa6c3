"""What a run says at its end can be pasted as it stands."""

import shlex
import sys
from pathlib import Path

import pytest

from shared.command import next_steps
from shared.settings import Settings
from shared.storage import LocalStorage
from tests.labeling.collection import Drawn, publish
from tests.shared.pictures.drawn import plain


@pytest.fixture(autouse=True)
def _not_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", [".venv/bin/imagerec", "run"])


def test_the_volume_is_named_and_a_picture_that_is_there(tmp_path: Path) -> None:
    volume, picture = LocalStorage(tmp_path / "my völume"), tmp_path / "it's a picture.jpg"
    root = volume.root
    picture.touch()
    publish(volume, {"a": [Drawn("/gone.jpg", plain()), Drawn(str(picture), plain())]})
    ask, results = next_steps.next_lines(volume)
    assert shlex.split(ask)[1:] == [".venv/bin/imagerec", "query", "--data", str(root), "--image", str(picture)]
    assert results == (
        f"results:  {root}/tables/, {root}/catalog.duckdb; summary: .venv/bin/imagerec status --data '{root}'"
    )


def test_the_default_volume_need_not_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gone = Drawn("/gone.jpg", plain())
    volume = Settings().volume
    publish(volume, {"a": [gone]})
    assert list(next_steps.next_lines(volume)) == [
        f"next:     .venv/bin/imagerec query --id {gone.image_id}",
        f"results:  {volume.root}/tables/, {volume.root}/catalog.duckdb; summary: .venv/bin/imagerec status",
    ]


@pytest.mark.parametrize("name", ["two\nlines.jpg", "\x1b[31m.jpg"])
def test_a_name_that_could_steer_the_terminal_is_not_printed(volume: LocalStorage, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    publish(volume, {"a": [Drawn(str(tmp_path / name), plain())]})
    assert next_steps.first_picture(volume)[0] == "--id"


def test_the_program_is_called_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert next_steps.program() == ".venv/bin/imagerec"
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "shared" / "__main__.py")])
    assert next_steps.program() == f"{sys.executable} -m shared"
    (tmp_path / "imagerec").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert next_steps.program() == "imagerec"
