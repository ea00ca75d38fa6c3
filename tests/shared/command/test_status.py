"""`imagerec status` says what is on a volume, and one clear sentence where nothing is."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from recommendation.index import generation, objects
from shared import tables
from shared.command import status
from shared.models.store import Model, ModelChoice, choose, save_model
from shared.pipeline.runs import StageCounts, record
from shared.storage import LocalStorage
from shared.tables import Snapshot, publish, write_part
from shared.tables.contracts import FAILURES, RUNS, TOTALS
from tests.rows import row

ROOT = Path(__file__).resolve().parents[3]
GENERATION = "0123456789abcdef"
DOCUMENT = {
    "pictures": 3,
    "basis": "b",
    "shards": [],
    "model": "m",
    "whitening": "not used: too few pictures",
    "settings": {},
    "default": {"weights": {"embedding": 0.75, "color": 0.25}, "chosen_by": "tags"},
    "measures": {
        "embedding": {"search": "annoy", "search_k": 4000, "recall": 0.97},
        "hash": {"search": "scan", "search_k": None, "recall": 1.0},
    },
}
TIMINGS = {"latency_ms": {"embedding": {"p50": 1.5, "p99": 3.25}, "hash": {"p50": 0.1, "p99": 0.2}}}


@pytest.fixture
def filled(volume: LocalStorage) -> LocalStorage:
    """A volume with some totals, three failures, two runs and an index."""
    rows = [row(TOTALS, value=str(number), pictures=number) for number in range(1500)]
    totals = write_part(volume, TOTALS, rows, "s", "labeling", "f" * 64)
    reasons = ("undecodable", "vanished", "undecodable")
    failed = [row(FAILURES, stage="acquisition", reason=reason) for reason in reasons]
    failures = write_part(volume, FAILURES, failed, "s", "acquisition", "f" * 64)
    snapshot = publish(volume, Snapshot({}), "labeling", {TOTALS.name: [totals]})
    publish(volume, snapshot, "acquisition", {FAILURES.name: [failures]})
    for hour, done in ((1, 10), (2, 30)):
        ran = StageCounts("labeling", "f" * 64, done, done, 0, {})
        record(volume, ran, datetime(2026, 1, 1, hour, tzinfo=UTC), 2.0, "local[2]", 2)
    model = Model("", "net", "o" * 64, "int8", "", 224, 1280, "a package", "MIT", ("cat", "dog"))
    choose(
        volume, ModelChoice(save_model(volume, b"network", model).sha256, settled=True, reason="it keeps 0.98 of them")
    )
    objects.put_document(volume, "index/bases/b.json", {"objects": {"axes.npy": "0" * 64}})
    volume.put("index/bases/b.axes.npy", b"rows")
    generation.publish(volume, GENERATION, DOCUMENT, TIMINGS, generation.read_pointer(volume))
    return volume


def test_status_counts_what_is_stored(filled: LocalStorage) -> None:
    found = status.status(filled)
    assert found["failures"] == {"undecodable": 2, "vanished": 1}
    size = sum(part.size_bytes for part in tables.open_snapshot(filled).parts(TOTALS))
    assert found["tables"]["totals"] == {"rows": 1500, "parts": 1, "bytes": size}
    assert found["tables"][RUNS.name]["rows"] == 2
    assert found["index"]["generation"] == GENERATION
    named = {"name": "net int8", "sha256": sha256(b"network").hexdigest()}
    network = {"precision": "int8", "reason": "it keeps 0.98 of them", "source": "a package", "license": "MIT"}
    assert found["model"] == {**named, "networks": [{**named, **network}]}
    [last] = found["runs"]
    assert (last["stage"], last["done"], last["pictures_per_s"]) == ("labeling", 30, 15.0)


def test_people_get_aligned_tables(filled: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.main(["--data", str(filled.root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"0 pictures in {filled.root}"
    assert lines[1] == "3 could not be used: undecodable 2, vanished 1"
    assert f"index generation {GENERATION}: 3 pictures; default = 0.75 embedding + 0.25 color" in lines
    assert "default measure chosen by tags" in lines
    assert "whitening not used: too few pictures" in lines
    assert "model net int8 (it keeps 0.98 of them)" in lines
    assert "embedding    annoy         4000     0.970     1.50     3.25" in lines
    assert "hash         scan             -     1.000     0.10     0.20" in lines
    assert lines[-1].split() == ["labeling", "2026-01-01T02:00:00+00:00", "2.0", "30", "0", "0", "15.0"]


def test_programs_get_one_object(filled: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    assert status.main(["--data", str(filled.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == status.status(filled)


def test_a_volume_without_index_says_how_to_get_one(filled: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    (filled.local_path("index") / "CURRENT").unlink()
    assert status.main(["--data", str(filled.root)]) == 0
    assert "no index yet; run `imagerec recommendation build`" in capsys.readouterr().out


def test_a_volume_without_model_says_how_to_get_one(filled: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    (filled.root / "models" / "CURRENT.json").unlink()
    assert status.main(["--data", str(filled.root)]) == 0
    assert "no model yet; run `imagerec embedding`" in capsys.readouterr().out


def test_a_stage_that_is_not_installed_has_no_part(filled: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    found = status.status(filled)
    monkeypatch.setattr(status, "PARTS", (*status.PARTS, "no_such_stage.status", "labeling.no_such_module"))
    assert status.status(filled) == found
    monkeypatch.setattr(status, "PARTS", ("no_such_stage.status",))
    assert list(status.status(filled)) == ["volume", "pictures", "failures", "tables", "runs"]


def test_the_container_of_recommendation_shows_the_model_and_the_index(filled: LocalStorage, tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    for package in ("shared", "recommendation"):
        (app / package).symlink_to(ROOT / package)
    ran = subprocess.run(
        [sys.executable, "-m", "shared", "status", "--json", "--data", str(filled.root)],
        cwd=app,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == status.status(filled)


def test_an_empty_or_missing_volume_is_one_clear_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for volume in (tmp_path, tmp_path / "missing"):
        assert status.main(["--data", str(volume)]) == 1
        said = capsys.readouterr().err
        assert said == (
            f"imagerec: nothing is stored in {volume} yet; run `imagerec run --source FOLDER --data {volume}`\n"
        )


@pytest.mark.parametrize(
    "name", ["CURRENT", f"generations/{GENERATION}.json", f"generations/{GENERATION}.timings.json"]
)
def test_a_damaged_index_is_named(filled: LocalStorage, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (filled.local_path("index") / name).write_bytes(b"\xff{")
    assert status.main(["--data", str(filled.root)]) == 1
    assert str(filled.local_path("index") / name) in capsys.readouterr().err


@pytest.mark.parametrize("table", ["totals", "failures", "runs"])
def test_a_part_that_is_gone_is_named_with_what_to_do(
    filled: LocalStorage, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    [part] = tables.open_snapshot(filled).tables[table]
    path = filled.local_path(part.key)
    path.unlink()
    assert status.main(["--data", str(filled.root)]) == 1
    captured = capsys.readouterr()
    advice = {
        "totals": "restore it, or run `imagerec labeling`, which makes it again",
        "failures": "restore it, or delete tables/ and run again",
        "runs": "restore it, or run `imagerec labeling`, which makes it again",
    }
    assert captured.err == f"imagerec: {path} is missing; {advice[table]}\n"
    assert captured.out == ""


def test_parts_that_are_cut_are_counted(filled: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (filled.root / "tables").glob("*/*.parquet"):
        path.write_bytes(path.read_bytes()[:-1])
    assert status.main(["--data", str(filled.root)]) == 1
    said = capsys.readouterr().err
    assert " does not have the size that it was written with (one of 3 files that are missing or truncated); " in said


def test_a_file_of_the_index_or_the_network_that_is_gone_is_named(
    filled: LocalStorage, capsys: pytest.CaptureFixture[str]
) -> None:
    [network] = (filled.root / "models").glob("*.onnx")
    for path, advice in (
        (network, "run `imagerec embedding`, which installs it again"),
        (filled.local_path("index/bases/b.axes.npy"), "run `imagerec recommendation build`"),
    ):
        content = path.read_bytes()
        path.unlink()
        assert status.main(["--data", str(filled.root)]) == 1
        assert capsys.readouterr().err == f"imagerec: {path} is missing; {advice}\n"
        path.write_bytes(content)
    assert status.main(["--data", str(filled.root)]) == 0


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (5 << 20, "5.0 MiB"),
        (3 << 30, "3.0 GiB"),
        (5 << 40, "5120.0 GiB"),
    ],
)
def test_sizes_are_readable(size_bytes: int, text: str) -> None:
    assert status.readable(size_bytes) == text
