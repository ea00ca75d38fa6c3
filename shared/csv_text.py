"""Lines of CSV files, and cells that no spreadsheet computes."""

import csv
import io
from collections.abc import Iterable
from typing import TypeVar

Cell = TypeVar("Cell")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> bytes:
    """A line of CSV without its line feed; quotes, commas and line feeds in texts are safe. Source: RFC 4180."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().removesuffix("\r\n").encode("utf-8", "backslashreplace")


def safe_cell(value: Cell) -> Cell | str:
    """The value; a text that a spreadsheet would take for a formula gets an apostrophe.

    Source: OWASP, "CSV Injection".
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
