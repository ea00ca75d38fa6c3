"""`imagerec query`: tables for people, one object for programs, exit codes that mean something."""

import json
from pathlib import Path

import pytest

from recommendation import __main__ as command
from shared.models.session import embedder
from tests.commands import python
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark

HEAVY = ("pyspark", "py4j", "pyarrow", "matplotlib", "fastapi", "duckdb", "pandas")


def query(collection: Collection, *arguments: str | Path) -> int:
    return command.main(["query", "--data", str(collection.volume.root), *map(str, arguments)])


def test_an_answer_is_one_table_per_measure_the_default_first(
    collection: Collection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query(collection, "--image", collection.paths()[0], "--top-k", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    titles = [line for line in lines if line and not line.startswith(" ")][:-1]
    assert titles[0].startswith("default = ")
    assert titles[1:] == ["embedding", "color", "structure", "hash"]
    assert len([line for line in lines if line.startswith("   1  ")]) == 5
    assert lines[-1].startswith("0.")


def test_json_is_exactly_one_object(collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    paths = collection.paths()[:2]
    flags = ["--json", "--measure", "hash", "--measure", "default", "--combine", "min", "--top-k", "3"]
    assert query(collection, "--image", *paths, *flags) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["queries", "model", "generation", "seconds", "results"]
    assert [one["filename"] for one in answer["queries"]] == [path.name for path in paths]
    assert {name: [item["rank"] for item in items] for name, items in answer["results"].items()} == {
        "hash": [1, 2, 3],
        "default": [1, 2, 3],
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "expected 1 to 5 query pictures or a text, got 0"),
        (["--image", *["a.jpg"] * 6], "expected 1 to 5 query pictures, got 6"),
        (["--image", "a.jpg", "--id", *["0" * 32] * 5], "expected 1 to 5 query pictures, got 6"),
        (["--image", "a.jpg", "--top-k", "0"], "top_k: expected 1"),
        (["--image", "a.jpg", "--top-k", "x"], "--top-k: expected a whole number, got 'x'"),
        (["--image", "a.jpg", "--combine", "sum"], "--combine: expected one of mean, min, max"),
        (["--image", "PICTURE", "--measure", "smell"], "smell"),
        (["--image", "PICTURE", "--metric", "taxi"], "taxi"),
        (["--id", "nothing"], "nothing"),
        (["--image", "a.jpg", "--batch", "jobs.jsonl"], "--batch"),
        (["--image", "a.jpg", "--out", "x"], "--out"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    collection: Collection, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    known = {"PICTURE": str(collection.paths()[0])}
    assert query(collection, *[known.get(argument, argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, says in captured.err) == ("", True)


def test_a_file_that_is_no_picture_is_exit_code_1(
    collection: Collection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "letter.txt").write_text("hello, this is text")
    assert query(collection, "--image", tmp_path / "letter.txt") == 1
    assert f"unsupported_format: {tmp_path}/letter.txt: " in capsys.readouterr().err
    assert query(collection, "--image", tmp_path / "missing.jpg") == 1
    assert f"vanished: {tmp_path}/missing.jpg: there is no such file" in capsys.readouterr().err


def test_a_batch_that_is_not_there_is_exit_code_2(
    collection: Collection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert query(collection, "--batch", tmp_path / "missing.jsonl") == 2
    assert f"--batch: expected a file of requests, got {tmp_path}/missing.jsonl" in capsys.readouterr().err


def test_a_volume_without_index_is_exit_code_1(
    collection: Collection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["query", "--data", str(tmp_path), "--image", str(collection.paths()[0])]) == 1
    assert "run `imagerec recommendation build`" in capsys.readouterr().err


def test_a_missing_model_is_exit_code_1(own_collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    embedder.cache_clear()
    for path in own_collection.volume.local_path("models").glob("*.onnx"):
        path.unlink()
    assert query(own_collection, "--image", own_collection.paths()[0]) == 1
    assert ".onnx" in capsys.readouterr().err


def test_a_gallery_is_drawn(collection: Collection, tmp_path: Path) -> None:
    assert query(collection, "--image", collection.paths()[0], "--gallery", tmp_path / "out.png") == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_a_query_starts_without_what_it_does_not_need(collection: Collection) -> None:
    code = (
        "import sys; from recommendation.__main__ import main; code = main(sys.argv[1:]);"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr); raise SystemExit(code)"
    )
    flags = ["query", "--data", str(collection.volume.root), "--image", str(collection.paths()[0]), "--json"]
    ran = python("-c", code, *flags)
    assert ran.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["query", "serve", "inbox", "evaluate", "build"])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main([name, "--help"])
    assert caught.value.code == 0
    assert "IMAGEREC_DATA" in capsys.readouterr().out


def test_an_unknown_command_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["guess"])
    assert caught.value.code == 2
    assert "guess" in capsys.readouterr().err
