"""What people wrote about a picture: its creator, licence, title, keywords and rating, from whatever source."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.pictures.metadata.exif import clean_text

LONGEST_TEXT = 500
MOST_TAGS = 100


class Description(NamedTuple):
    """Metadata that is not the camera's; empty or 0 where it is unknown.

    Args:
        license: the licence's address if one is given, else the terms or the copyright notice.
        rating: 1 to 5 stars; -1 rejected.
        date_taken: ISO 8601.
        lens: for pictures whose EXIF lacks it.
    """

    author: str = ""
    license: str = ""
    title: str = ""
    source_url: str = ""
    tags: tuple[str, ...] = ()
    rating: int = 0
    date_taken: str = ""
    lens: str = ""


NO_DESCRIPTION = Description()


def merge(descriptions: Iterable[Description]) -> Description:
    """For each field the first value that is known; all tags, each once."""
    every = [*descriptions]
    first = {name: next(filter(None, (getattr(one, name) for one in every)), "") for name in Description._fields}
    return Description(
        **first | {"tags": join_tags(tag for one in every for tag in one.tags), "rating": first["rating"] or 0}
    )


def join_tags(tags: Iterable[object]) -> tuple[str, ...]:
    """Tags made safe, each once, in their order."""
    return tuple(dict.fromkeys(text for tag in tags if (text := clean(tag))))[:MOST_TAGS]


def clean(value: object) -> str:
    """A text made safe to store and show."""
    return clean_text(value, LONGEST_TEXT) or ""


def fill_entry(entry: Mapping[str, Any], own: Description) -> dict[str, Any]:
    """An entry of a source, its empty texts filled with what the picture says of itself, with the tags of both."""
    texts = ("author", "license", "title", "source_url")
    return {
        **entry,
        **{name: entry[name] or getattr(own, name) for name in texts},
        "tags": list(dict.fromkeys([*entry["tags"], *own.tags])),
        "rating": own.rating,
    }


def first_of(values: Sequence[str]) -> str:
    """The first text that is not empty."""
    return next(filter(None, values), "")


def restore(values: Sequence[Any]) -> Description:
    """A description from its fields after a way through JSON."""
    made = Description(*values)
    return made._replace(tags=tuple(made.tags))
