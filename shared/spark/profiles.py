"""Whether Spark's Python workers are profiled, and where their profiles go. Imports no Spark: a query does without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Profiles = dict[str, Any]
"""What the workers of each stage did: its name and a `pyinstrument.session.Session`."""

_PROFILES: ContextVar[Profiles | None] = ContextVar("profiles of the workers", default=None)


@contextmanager
def collecting() -> Iterator[Profiles]:
    """Have the workers of every SparkContext made in this block profiled; the dictionary is filled when it stops."""
    profiles: Profiles = {}
    token = _PROFILES.set(profiles)
    try:
        yield profiles
    finally:
        _PROFILES.reset(token)


def wanted() -> Profiles | None:
    """The dictionary to fill; None outside `collecting`."""
    return _PROFILES.get()
