"""A query written as JSON, for the inbox and for batches: what it may say, and its answer."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from recommendation.search.answerer import Answerer
from recommendation.search.engine import Options
from recommendation.search.query_picture import error_object, read_upload
from recommendation.settings import QuerySettings
from shared.errors import BadInputError, CannotProceedError, UsageError

KEYS = ("images", "id", "top_k", "measure", "metric", "combine")


class Job(NamedTuple):
    """One query: names of picture files, ids of stored pictures, and how to search."""

    images: list[str]
    ids: list[str]
    options: Options


def default_options(settings: QuerySettings) -> Options:
    """How to search when a query does not say."""
    return Options(top_k=settings.top_k, metric=settings.metric, combine=settings.combine)


def parse_job(text: str | bytes, defaults: Options) -> Job:
    """The job that a JSON object describes; what it does not say comes from `defaults`.

    Raises:
        UsageError: it is not JSON, or a key or value is not what a job may have.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"expected a JSON object, got something else ({error})") from error
    if not isinstance(content, dict):
        raise UsageError(f"expected a JSON object, got {json.dumps(content)[:80]}")
    unknown = sorted(content.keys() - set(KEYS))
    if unknown:
        raise UsageError(f"expected the keys {', '.join(KEYS)}, got {', '.join(unknown)}")
    measures = _texts(content, "measure")
    return Job(
        images=_texts(content, "images") or [],
        ids=_texts(content, "id") or [],
        options=Options(
            top_k=_value(content, "top_k", int, defaults.top_k),
            measures=defaults.measures if measures is None else tuple(measures),
            metric=_value(content, "metric", str, defaults.metric),
            combine=_value(content, "combine", str, defaults.combine),
        ),
    )


def _texts(content: dict[str, Any], key: str) -> list[str] | None:
    values = content.get(key)
    if values is None:
        return None
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UsageError(f"{key}: expected a text or a list of texts, got {json.dumps(values)[:80]}")
    try:  # surrogates may stand for the bytes of a name that is not UTF-8; some stand for nothing
        os.fsencode("".join(values))
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{key}: expected names that a file can have, got {json.dumps(values)[:80]} ({error.reason})"
        ) from error
    return values


def _value(content: dict[str, Any], key: str, kind: type, default: Any) -> Any:
    value = content.get(key)
    if value is None:
        return default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise UsageError(
            f"{key}: expected {'a whole number' if kind is int else 'a text'}, got {json.dumps(value)[:80]}"
        )
    return value


def answer_job(
    answerer: Answerer, text: str | bytes, defaults: Options, locate: Callable[[str], Path]
) -> dict[str, Any]:
    """The answer to a JSON job; a job or picture that cannot be used gives an answer that says why.

    Args:
        locate: where the picture file of a name is; raises BadInputError or UsageError.
    """

    def ask() -> dict[str, Any]:
        job = parse_job(text, defaults)
        return answerer.answer([read_upload(locate(name), name) for name in job.images], job.options, job.ids).content

    return answer_or_error(ask)


def answer_or_error(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `ask` answers, or the error object of what the user can mend."""
    try:
        return ask()
    except (BadInputError, UsageError, CannotProceedError) as error:
        return error_object(error)
