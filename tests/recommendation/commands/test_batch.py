"""A batch of queries: one answer line per job, in order, the same as one query at a time."""

import json
from pathlib import Path

import pytest

from recommendation.commands.batch import answer_lines, is_error, read_lines
from recommendation.commands.query import main
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from shared.errors import UsageError
from tests.commands import imagerec
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def test_each_line_is_answered_in_order_and_a_bad_one_says_why(collection: Collection, answerer: Answerer) -> None:
    [first, second, *_] = collection.paths()
    lines = [
        json.dumps({"images": [first.relative_to(collection.pictures).as_posix()], "top_k": 1}),
        "nonsense",
        json.dumps({"images": [str(second)], "measure": ["color"]}),
        json.dumps({"images": ["missing.jpg"]}),
    ]
    answers = [
        json.loads(line) for line in answer_lines(lines, collection.volume, Options(top_k=2), collection.pictures)
    ]
    assert [one["queries"][0]["filename"] for one in answers[::2]] == [first.name, second.name]
    assert [one["error"]["code"] for one in answers[1::2]] == ["wrong_usage", "vanished"]
    assert list(map(is_error, map(json.dumps, answers))) == [False, True, False, True]
    assert {len(items) for items in answers[0]["results"].values()} == {1}
    assert answers[2]["results"] == answerer.answer([read_upload(second)], Options(2, ("color",))).content["results"]


def test_empty_lines_and_a_byte_order_mark_are_no_jobs(tmp_path: Path) -> None:
    (tmp_path / "jobs.jsonl").write_text('\ufeff{"a": 1}\n\n  \r\n{"b": "\u2028"}')
    assert read_lines(tmp_path / "jobs.jsonl") == ['{"a": 1}', '{"b": "\u2028"}']


def test_a_batch_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, why in ((tmp_path / "missing.jsonl", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(UsageError, match=rf"--batch: expected a file of requests, got {path} \({why}\)"):
            read_lines(path)


def test_a_volume_without_index_is_refused_before_spark_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "jobs.jsonl").write_text("{}")
    assert main(["--data", str(tmp_path / "volume"), "--batch", str(tmp_path / "jobs.jsonl")]) == 1
    assert "run `imagerec recommendation build`" in capsys.readouterr().err
    assert caplog.text == ""


def test_a_batch_of_bad_jobs_alone_is_exit_code_1(collection: Collection, tmp_path: Path) -> None:
    jobs = tmp_path / "queries.csv"
    jobs.write_text("images,top_k\na.jpg,3\n")
    flags = ["--data", str(collection.volume.root), "--master", "local[2]", "--batch", str(jobs)]
    ran = imagerec("query", *flags)
    assert ran.returncode == 1
    assert [json.loads(line)["error"]["code"] for line in ran.stdout.splitlines()] == ["wrong_usage"] * 2
    assert "2 of 2 requests could not be answered; their lines say why" in ran.stderr


def test_a_batch_is_answered_with_spark(collection: Collection, tmp_path: Path) -> None:
    jobs, out = tmp_path / "jobs.jsonl", tmp_path / "answers.jsonl"
    jobs.write_text("\n".join(json.dumps({"images": [str(path)], "top_k": 1}) for path in collection.paths()[:9]))
    flags = ["--data", str(collection.volume.root), "--master", "local[2]", "--batch", str(jobs), "--out", str(out)]
    ran = imagerec("query", *flags)  # one Spark per process
    assert ran.returncode == 0, ran.stderr
    names = [json.loads(line)["queries"][0]["filename"] for line in out.read_text().splitlines()]
    assert names == [path.name for path in collection.paths()[:9]]
