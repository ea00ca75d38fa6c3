"""reports/charts on the volume: what is drawn already, what has to be drawn again, what has to go.

reports/charts/<name>.png and .svg     the charts
reports/charts/index.html, charts.css  a page with all of them
reports/charts/charts.json             of each chart its title, its numbers, and the identity of what it shows
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labeling.charts import catalogue, page
from labeling.charts.chart import Chart, Collection
from labeling.charts.colors import Palette, Palettes
from labeling.charts.findings import Total, in_words
from labeling.charts.people import Group
from labeling.charts.people import charts as of_people
from shared.drawing import style
from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.files import to_json
from shared.storage.volume import CHARTS

log = logging.getLogger(__name__)

INDEX, SHEET, LIST = f"{CHARTS}/index.html", f"{CHARTS}/charts.css", f"{CHARTS}/charts.json"
SUFFIXES = ("png", "svg")
#: What can go wrong in a drawing. A chart is not worth a run, so it is left out, and that is said.
ERRORS = (CannotProceedError, MemoryError, OSError, RuntimeError, ValueError)

Entry = dict[str, Any]


def all_charts(
    totals: Mapping[str, Sequence[Total]],
    palettes: list[Palette],
    people: Sequence[dict[str, Any]],
    n_people: int,
    groups: Mapping[int, Group],
) -> list[Chart]:
    """Every chart that shows something, in the order of the page: the collection, its palettes, its people."""
    n_pictures = sum(number for _, number in totals.get("orientation", ()))
    made = list(catalogue.charts(Collection(n_pictures, totals)))
    place = next((place for place, one in enumerate(made) if one.name == "colors"), len(made))
    if palettes:
        made.insert(place, palette_chart(palettes))
    return [*made, *of_people(people, n_people, groups)]


def palette_chart(palettes: list[Palette]) -> Chart:
    """Pictures with their palettes."""
    n = len(palettes)
    title = f"Predominant colours of {in_words(n)} pictures" if n > 1 else "The picture's predominant colours"
    note = "For each of the most common first colours the picture that has most of it"
    table = [(one.filename, " ".join(map(style.to_hex, one.colors))) for one in palettes]
    return Chart("palettes", title, note, Palettes(palettes), table)


def refresh(volume: Storage, content: str, version: str, charts: Sequence[Chart], summary: str) -> None:
    """Bring the folder up to date with the charts; a chart that cannot be drawn is left out.

    Args:
        content: identity of what all charts are made from, see `job.is_current`.
        version: of what draws them.

    Raises:
        OSError: the folder cannot be written.
    """
    stored = {one["name"]: one for one in read_list(volume).get("charts", [])}
    kept = {
        one.name: stored[one.name]
        for one in charts
        if stored.get(one.name, {}).get("content") == one.content(version) and is_there(volume, one.name)
    }
    put_list(volume, "", list(kept.values()))  # while others are drawn, the list names none of them
    drawn = {one.name: kept.get(one.name) or draw(volume, one, version) for one in charts}
    entries = [one for one in drawn.values() if one is not None]
    sweep(volume, {one["name"] for one in entries})
    volume.put(SHEET, page.STYLE.encode())
    volume.put(INDEX, page.to_html(entries, summary))
    put_list(volume, content if len(entries) == len(charts) else "", entries)


def draw(volume: Storage, chart: Chart, version: str) -> Entry | None:
    """Draw and store a chart; None, and a line in the log, where it cannot be drawn.

    Raises:
        OSError: it cannot be stored.
    """
    try:
        with style.styled(f"{chart.title}{chart.note}{chart.table}"):
            drawing = chart.kind.draw(chart.title, chart.note)
    except ERRORS as error:
        log.warning("the chart %s is left out, for it could not be drawn: %s", chart.name, error)
        return None
    for suffix, data in zip(SUFFIXES, drawing[:2], strict=True):
        volume.put(f"{CHARTS}/{chart.name}.{suffix}", data)
    return {
        "name": chart.name,
        "title": chart.title,
        "note": chart.note,
        "content": chart.content(version),
        "width_px": drawing.width_px,
        "height_px": drawing.height_px,
        "table": [list(line) for line in chart.table],
    }


def read_list(volume: Storage) -> Mapping[str, Any]:
    """What charts.json holds; nothing where it is missing or damaged."""
    try:
        found = json.loads(volume.read(LIST))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def put_list(volume: Storage, content: str, entries: Iterable[Entry]) -> None:
    """Store charts.json."""
    volume.put(LIST, to_json({"content": content, "charts": list(entries)}))


def is_there(volume: Storage, name: str) -> bool:
    """Whether the files of a chart are there."""
    return all(volume.stat(f"{CHARTS}/{name}.{suffix}") is not None for suffix in SUFFIXES)


def sweep(volume: Storage, names: set[str]) -> None:
    """Delete the charts that are not among some names, and what interrupted writes left."""
    volume.delete_unfinished(CHARTS)
    files = {f"{CHARTS}/{name}.{suffix}" for name in names for suffix in SUFFIXES} | {INDEX, SHEET, LIST}
    for one in volume.list(CHARTS):
        if one.key not in files and one.key.endswith(SUFFIXES):
            volume.delete(one.key)
