"""Tables of measurements as Markdown, with the machine they were made on."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """One Markdown table under a heading."""
    lines = [f"## {title}", "", _line(columns), _line("---" for _ in columns)]
    return "\n".join([*lines, *map(_line, rows), ""])


def _line(cells: Iterable[Any]) -> str:
    return "| " + " | ".join(map(_text, cells)) + " |"


def _text(cell: Any) -> str:
    """Three digits of a fraction, every digit of a larger number."""
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.3g}"


def merged(before: str, measured: Iterable[str]) -> str:
    """A report in which the sections that were measured replace those of the same title; new ones follow.

    Args:
        measured: tables, see `table`, and paragraphs that belong to the table before.
    """
    others = "\n".join(["", *measured]).split("\n## ")[1:]
    noted = [one.replace("\n\n", f"\n\n{machine()}\n\n", 1) for one in others]
    sections = {one.partition("\n")[0]: one.strip() for one in (*before.split("\n## "), *noted)}
    return "\n\n## ".join(sections.values()) + "\n"


def machine() -> str:
    """What the figures were measured on, in a line."""
    name = next(
        (line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine()
    )
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {name}, {memory_gib:.0f} GiB, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
