"""A chart before it is drawn: its name, its finding, and what kind of drawing shows which numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from labeling.charts.findings import Total
from shared.drawing.style import Drawing
from shared.storage.files import digest


class Kind(Protocol):
    """A kind of drawing with its numbers: a named tuple of texts, numbers, lists and bytes."""

    def _asdict(self) -> dict[str, Any]: ...

    def draw(self, title: str, note: str) -> Drawing:
        """The drawing under its title."""


class Chart(NamedTuple):
    """One chart.

    Args:
        name: of its files.
        title: the finding, in a sentence.
        note: what is counted, and of how many.
        kind: the drawing.
        table: what it shows, as lines of texts, for people who cannot see it.
    """

    name: str
    title: str
    note: str
    kind: Kind
    table: list[tuple[str, str]]

    def content(self, version: str) -> str:
        """Identity of what the chart shows and of what draws it."""
        values = {key: readable(value) for key, value in self.kind._asdict().items()}
        return digest(version, type(self.kind).__name__, self.title, self.note, values, self.table)


def readable(value: Any) -> Any:
    """A value of a kind as JSON can hold it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [readable(one) for one in value]
    return value


class Collection(NamedTuple):
    """What is counted of a collection.

    Args:
        n: pictures.
        totals: of each kind its values, the most frequent first.
    """

    n: int
    totals: Mapping[str, Sequence[Total]]

    def kind(self, name: str) -> Sequence[Total]:
        """The totals of a kind; none where there are none."""
        return self.totals.get(name, ())


Maker = Callable[[Collection], Chart | None]
"""Makes a chart of a collection; none where it would show nothing."""


def table(some: Sequence[Total]) -> list[tuple[str, str]]:
    """Totals as texts."""
    return [(value, f"{number:,}") for value, number in some]
