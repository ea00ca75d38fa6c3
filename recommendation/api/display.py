"""What the Python API answers with: plain objects that show themselves in a notebook."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from recommendation.search.answer import Answer, Item

MOST_ROWS = 20  # of a table that a notebook shows


@cache
def templates() -> Environment:
    """The templates; every value is escaped."""
    folder = Path(__file__).with_name("templates")
    made = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
    made.filters["data_url"] = data_url
    return made


def data_url(data: bytes, kind: str = "image/jpeg") -> str:
    """A picture as the address of itself."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


class Answers:
    """The answer to a query.

    Args:
        content: the object that the command line and HTTP answer with.
        jpegs: thumbnails by image_id.
        query_jpegs: thumbnails of the query pictures that are files.
    """

    def __init__(self, content: Answer, jpegs: Mapping[str, bytes], query_jpegs: Sequence[bytes]) -> None:
        self.content, self._jpegs, self._query_jpegs = content, jpegs, query_jpegs

    @property
    def measures(self) -> list[str]:
        """The measures that answered."""
        return list(self.content["results"])

    def __getitem__(self, measure: str) -> list[Item]:
        return self.content["results"][measure]

    def __iter__(self) -> Iterator[Item]:
        """The answers of the first measure, which is the default one where it was asked."""
        return iter(self[self.measures[0]])

    def __repr__(self) -> str:
        lines = [f"{one['rank']:3} {one['score']:.3f}  {one['filename']}" for one in self]
        return "\n".join([f"{self.measures[0]}, {self.content['seconds'] * 1000:.0f} ms", *lines])

    def _repr_html_(self) -> str:
        values = {"answer": self.content, "jpegs": self._jpegs, "query_jpegs": self._query_jpegs}
        return templates().get_template("answers.html").render(values)


class Recommendations(Sequence[dict[str, Any]]):
    """Pictures that a person might like, best first: objects with `file_name`, `reason`, `score`, `parts`, `because_of`."""

    def __init__(self, user: str, items: Sequence[dict[str, Any]], jpegs: Mapping[str, bytes]) -> None:
        self.user, self._items, self._jpegs = user, list(items), jpegs

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __repr__(self) -> str:
        return (
            "\n".join(f"{one['file_name']}: {one['reason']}" for one in self._items) or "nothing is left to recommend"
        )

    def _repr_html_(self) -> str:
        values = {"user": self.user, "items": self._items, "jpegs": self._jpegs}
        return templates().get_template("recommendations.html").render(values)


class Picture:
    """A stored picture: its metadata, and its thumbnail as JPEG."""

    def __init__(self, metadata: dict[str, Any], jpeg: bytes) -> None:
        self.metadata, self.jpeg = metadata, jpeg

    @property
    def image_id(self) -> str:
        """The picture's id."""
        return str(self.metadata["image_id"])

    def __repr__(self) -> str:
        return f"<{self.metadata['filename']}, {self.metadata['width_px']} x {self.metadata['height_px']} px>"

    def _repr_jpeg_(self) -> bytes:
        return self.jpeg


class Table:
    """Rows of a SELECT; `arrow` is the Arrow table."""

    def __init__(self, arrow: Any) -> None:
        self.arrow = arrow

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.arrow.to_pylist())

    def __repr__(self) -> str:
        return "\n".join(["  ".join(self.arrow.column_names), *("  ".join(row) for row in self._shown())])

    def to_pandas(self) -> Any:
        """The rows as a pandas DataFrame; needs pandas."""
        return self.arrow.to_pandas()

    def _shown(self) -> list[list[str]]:
        rows = self.arrow.slice(0, MOST_ROWS).to_pylist()
        return [[shown(value) for value in row.values()] for row in rows]

    def _repr_html_(self) -> str:
        values = {"names": self.arrow.column_names, "rows": self._shown(), "n_rows": len(self)}
        return templates().get_template("table.html").render(values)


def shown(value: Any) -> str:
    """A value of a table in a few words."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, list):
        return ", ".join(map(shown, value[:5])) + (", ..." if len(value) > 5 else "")
    return "" if value is None else str(value)


class Drawings:
    """PNG files that a notebook shows one under the other."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __repr__(self) -> str:
        return "\n".join(map(str, self.paths))

    def _repr_html_(self) -> str:
        drawings = [(path.stem, data_url(path.read_bytes(), "image/png")) for path in self.paths]
        return templates().get_template("drawings.html").render({"drawings": drawings})
