"""A query as every door takes it: one definition that the command line, HTTP, the inbox, batches and OpenAPI share.

A new option is one field of `Options`: its type, its default and a `Meaning`. `parse_request` reads it from JSON and
from forms, `Options` checks it whoever makes it, and the OpenAPI schema describes it.
"""

import difflib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, get_type_hints

from recommendation.index.filters import parse_condition
from recommendation.search.meaning import MAX_PICTURES, TEXTS, Meaning, check_count, check_ids, check_text, check_value
from recommendation.search.messages import MAX_SHOWN, describe, kind_of
from recommendation.search.regions import parse_regions
from recommendation.search.weights import DEFAULT, TEXT, parse_min_scores, parse_weights
from recommendation.settings import COMBINES, QuerySettings
from shared.errors import UsageError
from shared.pictures.measures import MEASURES

MAX_TOP_K = 1000
MAX_NEIGHBOURS = 20
MAX_CONDITIONS = 16
NUMBERS: dict[Any, str] = {int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Options:
    """How to search; one that cannot be is refused when it is made, with a UsageError that says what can."""

    top_k: Annotated[int, Meaning("how many pictures to find for each measure", 10, limits=(1, MAX_TOP_K))] = 5
    measure: Annotated[
        TEXTS,
        Meaning(
            "measures to answer with; `default` is the fused one; none: all",
            ["default", "color"],
            choices=lambda: (DEFAULT, *MEASURES, TEXT),
        ),
    ] = ()
    metric: Annotated[
        str | None, Meaning("distance to rank by, for the measures that allow it; null: each measure's own", "cosine")
    ] = None
    combine: Annotated[
        str,
        Meaning(
            "score against several query pictures: like all on average, like every one, like any",
            "min",
            choices=lambda: COMBINES,
        ),
    ] = "mean"

    weight: Annotated[
        TEXTS,
        Meaning(
            "what the default measure is the sum of, MEASURE=NUMBER each, instead of the collection's weights",
            ["embedding=0.7", "color=0.3"],
            check=parse_weights,
        ),
    ] = ()
    min_score: Annotated[
        TEXTS,
        Meaning(
            "leave out answers below a score of 0..1: NUMBER for all measures, MEASURE=NUMBER for one",
            ["0.3", "hash=0.8"],
            check=parse_min_scores,
        ),
    ] = ()
    where: Annotated[
        TEXTS,
        Meaning(
            "conditions that answers meet, all of them: COLUMN, one of = != < <= > >= ~ (contains), VALUE",
            ["orientation=portrait", "brightness>50"],
            max_items=MAX_CONDITIONS,
            check=lambda texts: [parse_condition(text) for text in texts],
        ),
    ] = ()
    diversity: Annotated[
        float, Meaning("0: the best answers; towards 1: answers that are less like each other", 0.3, limits=(0, 1))
    ] = 0.0
    expand_neighbours: Annotated[
        int,
        Meaning(
            "average the query with so many of its nearest by embedding; 0: as many as the index",
            5,
            limits=(0, MAX_NEIGHBOURS),
        ),
    ] = 0
    no_copies: Annotated[bool, Meaning("leave out copies and near-copies of the query pictures", True)] = False
    text: Annotated[
        str,
        Meaning(
            "words that answers have in tags, title, file name or categories, alone or with pictures",
            "dog beach",
            check=check_text,
        ),
    ] = ""
    crop: Annotated[
        TEXTS,
        Meaning(
            "the region that counts of each query picture, in their order, files first: X,Y,WIDTH,HEIGHT as shares of its "
            "width and height, or `whole`",
            ["0.25,0.1,0.5,0.5"],
            max_items=MAX_PICTURES,
            check=parse_regions,
        ),
    ] = ()
    mirror: Annotated[bool, Meaning("search with the mirror images of the query pictures", True)] = False
    unlike_id: Annotated[
        TEXTS,
        Meaning(
            "image_id of stored pictures that answers should not be like",
            ["0e0af2fa6c1b4d7e8f9a0b1c2d3e4f50"],
            max_items=MAX_PICTURES,
            check=lambda ids: check_ids("unlike_id", ids),
        ),
    ] = ()

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            check_value(name, value, meanings()[name])
        check_metric(self.measure, self.metric)


@dataclass(frozen=True)
class QueryRequest(Options):
    """One query: up to 5 pictures, files or pictures of the collection, or a text, or both, and how to search."""

    images: Annotated[TEXTS, Meaning("picture files", ["a.jpg", "/pictures/b.jpg"], max_items=MAX_PICTURES)] = ()
    id: Annotated[
        TEXTS,
        Meaning(
            "image_id of stored pictures, as the query or part of it",
            ["0e0af2fa6c1b4d7e8f9a0b1c2d3e4f50"],
            max_items=MAX_PICTURES,
            check=lambda ids: check_ids("id", ids),
        ),
    ] = ()
    unlike: Annotated[
        TEXTS, Meaning("picture files that answers should not be like", ["c.jpg"], max_items=MAX_PICTURES)
    ] = ()

    def __post_init__(self) -> None:
        check_count(len(self.images) + len(self.id), len(self.unlike) + len(self.unlike_id), has_text=bool(self.text))
        super().__post_init__()


def default_options(settings: QuerySettings) -> Options:
    """How to search when a request does not say."""
    return Options(top_k=settings.top_k, metric=settings.metric, combine=settings.combine)


@cache
def meanings() -> dict[str, Meaning]:
    """The meaning of each field of a request, by name."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(QueryRequest, include_extras=True).items()}


@cache
def types() -> dict[str, Any]:
    """The type of each field of a request, by name."""
    return get_type_hints(QueryRequest)


#: The keys that a request in JSON may have, pictures first.
KEYS = ("images", "id", "unlike", *(one.name for one in fields(Options)))


def check_metric(measure: tuple[str, ...], metric: str | None) -> None:
    """Do nothing where each measure that is named allows the metric, or, where none is, some measure does.

    Raises:
        UsageError: it is not so; the message says what each measure allows.
    """
    if metric is None:
        return
    named = [name for name in measure if name not in (DEFAULT, TEXT)]
    allowed = [metric in MEASURES[name].metrics for name in named or MEASURES]
    if not (all(allowed) if named else any(allowed)):
        possible = "; ".join(f"{name}: {', '.join(MEASURES[name].metrics)}" for name in named or MEASURES)
        raise UsageError(f"metric: expected one of {possible}; got {metric[:MAX_SHOWN]}")


def read_json(text: str | bytes) -> Mapping[str, Any]:
    """The object that a JSON text holds. Messages do not quote the text: it may be a file that its reader must not see.

    Raises:
        UsageError: it is not JSON, or not an object.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"expected a JSON object, got something else ({error})") from error
    if not isinstance(content, dict):
        raise UsageError(f"expected a JSON object, got {kind_of(content)}")
    return content


def parse_request(content: Mapping[str, Any], defaults: Options) -> QueryRequest:
    """The request that a JSON object describes; what it leaves out, or gives as null, comes from `defaults`.

    Raises:
        UsageError: a key or value is not one that a request may have.
    """
    check_keys(content)
    hints = types()
    given = {name: read_value(name, hints[name], value) for name, value in content.items() if value is not None}
    return QueryRequest(**{**vars(defaults), **given})


def check_keys(content: Mapping[str, Any]) -> None:
    """Refuse keys that no request has; only a misspelt one is quoted, since a file that is no request may hold secrets."""
    unknown = [name for name in content if name not in KEYS]
    if unknown:
        misspelt = sorted(name for name in unknown if difflib.get_close_matches(name, KEYS, n=1, cutoff=0.7))
        got = ", ".join(misspelt)[:MAX_SHOWN] or f"{len(unknown)} that no request has"
        raise UsageError(f"expected the keys {', '.join(KEYS)}, got {got}")


def read_value(name: str, hint: Any, value: Any) -> Any:
    """A JSON value as the type of its field; a text alone stands for a list of one.

    Raises:
        UsageError: it cannot be.
    """
    if hint in (float, bool):
        return read_number(name, hint, value)
    is_list = hint == TEXTS
    texts = value if is_list and isinstance(value, list) else [value]
    kind = int if hint is int else str
    if not all(isinstance(one, kind) and not isinstance(one, bool) for one in texts):
        raise UsageError(f"{name}: expected {expectation(hint)}, got {describe(value)}")
    if kind is int:
        return value
    try:  # surrogates may stand for the bytes of a name that is not UTF-8; some stand for nothing
        os.fsencode("".join(texts))
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{name}: expected names that a file can have, got {describe(value)} ({error.reason})"
        ) from error
    return tuple(texts) if is_list else value


def read_number(name: str, hint: Any, value: Any) -> float | bool:
    """A JSON number or truth value; errors as `read_value`."""
    if isinstance(value, bool) is not (hint is bool) or not isinstance(value, int | float):
        raise UsageError(f"{name}: expected {expectation(hint)}, got {describe(value)}")
    return value if hint is bool else float(value)


def expectation(hint: Any) -> str:
    """What a field of a type may hold, for messages."""
    if hint in NUMBERS:
        return NUMBERS[hint]
    return "a text or a list of texts" if hint == TEXTS else "a text"
