"""`imagerec query --batch`: each line of a JSONL file is a request, answered with one line. Spark is in `job`."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path

from recommendation.search.answerer import Answerer, generation_name
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from shared.errors import UsageError
from shared.storage import Storage


def read_lines(path: Path) -> list[str]:
    """The requests of a JSONL file, one a line; empty lines are skipped.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--batch: expected a file of requests, got {path} ({error.strerror})") from error
    return [line for line in text.split("\n") if line.strip()]


def answer_lines(lines: Iterable[str], volume: Storage, defaults: Options, folder: Path) -> Iterator[str]:
    """Answer the requests of one partition in order, one line of JSON each; a bad request gets an error object.

    Args:
        folder: relative names of pictures start here.
    """
    answerer = answerer_of(volume, generation_name(volume))
    for line in lines:
        yield json.dumps(
            answerer.answer_json(partial(str, line), defaults, lambda name: read_upload(folder / name, name))
        )


def is_error(answer: str) -> bool:
    """Whether a line of `answer_lines` is an error object."""
    return answer.startswith('{"error":')


@lru_cache(maxsize=1)
def answerer_of(volume: Storage, generation: str) -> Answerer:  # noqa: ARG001 - another generation needs another answerer
    """This process's answerer: opening one checks every file of the index, so partitions share it."""
    return Answerer(volume)
