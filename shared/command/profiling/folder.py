"""Where Spark's Python workers leave their profiles while a command is profiled. Light: a query does without Spark."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_FOLDER: ContextVar[Path | None] = ContextVar("folder of the workers' profiles", default=None)


@contextmanager
def collecting(folder: Path) -> Iterator[None]:
    """Have the workers of every SparkContext made in this block profiled; `folder` gets one file for each stage."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def wanted() -> Path | None:
    """The folder to fill; None outside `collecting`, as always but under `imagerec profile`."""
    return _FOLDER.get()
