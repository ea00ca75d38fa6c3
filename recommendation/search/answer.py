"""The answer to a query as every door gives it: typed definitions of the JSON object and of the error object."""

import sys
from collections.abc import Mapping
from typing import Any

from shared.errors import BadInputError, CannotProceedError, UsageError

if sys.version_info >= (3, 12):
    from typing import NotRequired, TypedDict
else:  # pydantic, which makes the OpenAPI schema of these, refuses the standard one there
    from typing import NotRequired

    from typing_extensions import TypedDict


class QueryRef(TypedDict):
    """A query picture."""

    image_id: str
    filename: str


class Item(TypedDict):
    """One picture of an answer; `score` is the one that ranks, `scores` holds those of every measure, 0..1.

    `is_copy`: whether it is a copy of the query pictures by its hash.
    """

    rank: int
    image_id: str
    filename: str
    location: str
    score: float
    license: str
    scores: dict[str, float]
    width_px: int
    height_px: int
    title: str
    author: str
    source_url: str
    license_id: str
    license_url: str
    author_url: str
    attribution: str
    display_url: str
    tags: list[str]
    category: str
    is_copy: bool


class Answer(TypedDict):
    """The most similar pictures, best first, by measure; `seconds` is what the query took.

    `words` is there for a query with a text: how many pictures of the collection have each word of it.
    """

    queries: list[QueryRef]
    model: str
    generation: str
    seconds: float
    results: dict[str, list[Item]]
    words: NotRequired[dict[str, int]]


class ErrorDetail(TypedDict):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


class ErrorAnswer(TypedDict):
    """What is answered instead of results; every error has this form."""

    error: ErrorDetail


EXAMPLE: Answer = {
    "queries": [{"image_id": "0e0af2fa6c1b4d7e8f9a0b1c2d3e4f50", "filename": "flowers_02.jpg"}],
    "model": "efficientnet-lite0 int8",
    "generation": "daecd4df8cdc26ee",
    "seconds": 0.0412,
    "results": {
        "embedding": [
            {
                "rank": 1,
                "image_id": "1f3c66b0a7d94e0fb1a2c3d4e5f60718",
                "filename": "flowers_19.jpg",
                "location": "flowers_19.jpg",
                "score": 0.786,
                "license": "CC0-1.0",
                "scores": {"embedding": 0.786, "color": 0.41, "structure": 0.87, "hash": 0.55},
                "width_px": 640,
                "height_px": 480,
                "title": "Poppies",
                "author": "A. Gardener",
                "source_url": "",
                "license_id": "",
                "license_url": "",
                "author_url": "",
                "attribution": "",
                "display_url": "",
                "tags": ["flowers"],
                "category": "daisy",
                "is_copy": False,
            }
        ]
    },
}

DECIMALS = 6
#: Metadata that answers show: what a page needs to lay out, describe and attribute each picture.
ITEM_COLUMNS = (
    *("image_id", "filename", "location", "license"),
    *("width_px", "height_px", "title", "author", "source_url", "tags", "category"),
    *("license_id", "license_url", "author_url", "attribution", "display_url"),
)

AnswerError = BadInputError | UsageError | CannotProceedError
"""What the user can mend."""


def error_object(error: AnswerError) -> ErrorAnswer:
    """The error object of an error; the codes are the reasons of bad input, `wrong_usage` and `unavailable`."""
    if isinstance(error, BadInputError):
        return make_error(error.reason, error.detail)
    return make_error("wrong_usage" if isinstance(error, UsageError) else "unavailable", str(error))


def make_error(code: str, message: str) -> ErrorAnswer:
    """The error object of a code and a sentence, in which lone surrogates are escaped."""
    return {"error": {"code": code, "message": message.encode("utf-8", "backslashreplace").decode()}}


def make_item(
    rank: int, score: float, metadata: Mapping[str, Any], scores: Mapping[str, float], *, is_copy: bool
) -> Item:
    """One picture of an answer."""
    return {
        "rank": rank,
        "image_id": metadata["image_id"],
        "filename": metadata["filename"],
        "location": metadata["location"],
        "score": rounded(score),
        "license": metadata["license"],
        "scores": dict(scores),
        "width_px": metadata["width_px"],
        "height_px": metadata["height_px"],
        "title": metadata["title"],
        "author": metadata["author"],
        "source_url": metadata["source_url"],
        "license_id": metadata["license_id"],
        "license_url": metadata["license_url"],
        "author_url": metadata["author_url"],
        "attribution": metadata["attribution"],
        "display_url": metadata["display_url"],
        "tags": metadata["tags"],
        "category": metadata["category"],
        "is_copy": is_copy,
    }


def rounded(score: float) -> float:
    """A score as answers show it; float32 has no more digits that mean something."""
    return round(float(score), DECIMALS)
