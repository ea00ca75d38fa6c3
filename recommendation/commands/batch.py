"""Many queries at once: each line of a JSONL file is a job, each gets one line of answer. No Spark here, see `job`."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from recommendation.search.answerer import Answerer, current
from recommendation.search.engine import Options
from recommendation.search.request import answer_job
from shared.errors import UsageError
from shared.storage import Storage


def read_lines(path: Path) -> list[str]:
    """The jobs of a JSONL file, one a line; empty lines are none.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--batch: expected a file of jobs, got {path} ({error.strerror})") from error
    return [line for line in text.split("\n") if line.strip()]


def answer_lines(lines: Iterable[str], volume: Storage, defaults: Options, folder: Path) -> Iterator[str]:
    """Answer the jobs of one partition in order, one line of JSON each; a bad job's answer says why.

    Args:
        folder: relative names of pictures start here.
    """
    answerer = answerer_of(volume, current(volume))
    for line in lines:
        yield json.dumps(answer_job(answerer, line, defaults, lambda name: folder / name))


def is_refusal(answer: str) -> bool:
    """Whether a line of `answer_lines` says why there is no answer."""
    return answer.startswith('{"error":')


@lru_cache(maxsize=1)
def answerer_of(volume: Storage, generation: str) -> Answerer:  # noqa: ARG001 - another generation needs another answerer
    """This process's answerer: opening one checks every file of the index, so partitions share it."""
    return Answerer(volume)
