"""`imagerec map`: what the map is like, drawings of it, and the map to explore in a browser of this machine."""

import argparse
import webbrowser
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation.map.explore import files
from recommendation.map.explore.reader import Explorer
from recommendation.settings import ServeSettings
from shared import tables
from shared.command import cli
from shared.command.cli import printable
from shared.command.commands import COMMANDS
from shared.errors import CannotProceedError, UsageError
from shared.storage import Storage
from shared.storage.files import write_atomically
from shared.tables.contracts import MAP

KINDS = ("tag", "category", "color", "cluster", "user")
SHOWN = 10  # clusters that are named


def main(argv: Sequence[str]) -> int:
    """Return 0 when the map was shown or drawn, 1 when there is none, 2 on wrong usage."""
    made = cli.parser("imagerec map", COMMANDS["map"].help, ServeSettings)
    made.add_argument("--out", type=Path, metavar="FILE.png", help="draw the map there")
    made.add_argument(
        "--highlight", metavar="KIND:TEXT", help=f"show some pictures against the rest; KIND is {', '.join(KINDS)}"
    )
    made.add_argument("--space", action="store_true", help="draw the map in three dimensions")
    made.add_argument("--open", action="store_true", help="open the map in a browser, and serve it until stopped")
    return cli.run_command(lambda: run(made.parse_args(argv)))


def run(arguments: argparse.Namespace) -> int:
    """Do what the flags say; errors as `main`."""
    settings = cli.settings_of(ServeSettings, arguments)
    volume = settings.volume
    if (arguments.highlight or arguments.space) and not arguments.out:
        raise UsageError("--highlight and --space: expected --out FILE.png as well")
    if arguments.highlight and arguments.space:
        raise UsageError("expected --highlight or --space, got both")
    explorer = open_map(volume)
    if arguments.out:
        write_atomically(arguments.out, drawn(volume, explorer, arguments))
        print(arguments.out)
    if arguments.open:
        return serve(settings)
    if not arguments.out:
        print(*lines(volume, explorer.document), sep="\n")
    return cli.OK


def open_map(volume: Storage) -> Explorer:
    """The map of a volume.

    Raises:
        CannotProceedError: there is none, or a file of it is missing.
    """
    try:
        return Explorer(volume)
    except FileNotFoundError as error:
        raise CannotProceedError(
            f"no map in {volume.locate(files.FOLDER)}; run `imagerec recommendation`, which makes it"
        ) from error


def lines(volume: Storage, document: dict[str, Any]) -> Iterator[str]:
    """The map for people."""
    from recommendation.map.drawing import facts_of, title_of

    yield printable(title_of(document, None))
    yield from facts_of(document).splitlines()
    for one in document["clusters"][:SHOWN]:
        yield f"{one['pictures']:>9,}  {printable(one['name'])}"
    yield f"pictures: {volume.locate(files.FLAT)}, {volume.locate(files.SPACE)}"
    yield "explore:  `imagerec map --open`, or /map of `imagerec serve`"


def drawn(volume: Storage, explorer: Explorer, arguments: argparse.Namespace) -> bytes:
    """The drawing that is asked for."""
    from recommendation.map import drawing

    if arguments.space:
        return drawing.draw_space(volume, explorer.document, in_space(volume, explorer))
    if not arguments.highlight:
        return drawing.draw(volume, explorer)
    kind, _, text = arguments.highlight.partition(":")
    title = f"{kind} {printable(text)}"
    return drawing.draw(volume, explorer, drawing.Highlight(title, rows_of(volume, explorer, kind, text)))


def rows_of(volume: Storage, explorer: Explorer, kind: str, text: str) -> list[int]:
    """The pictures that are highlighted.

    Raises:
        UsageError: there is no such kind, or no such picture.
    """
    if kind not in KINDS or not text:
        raise UsageError(f"--highlight: expected {'|'.join(KINDS)} and a text after a colon, as in tag:Faces")
    if kind == "user":
        found = explorer.rows_of_user(text)
    elif kind == "cluster":
        found = rows_of_cluster(volume, explorer, text)
    else:
        found = explorer.rows_of_value(kind, text) or []
    if not found:
        raise UsageError(f"--highlight: expected the {kind} of some picture on the map, got {text!r}")
    return found


def rows_of_cluster(volume: Storage, explorer: Explorer, name: str) -> list[int]:
    """The pictures of the cluster with a name or a number."""
    from recommendation.map.drawing import read_points

    numbers = [one["cluster"] for one in explorer.document["clusters"] if name in (one["name"], str(one["cluster"]))]
    return np.flatnonzero(np.isin(read_points(volume, explorer.document).clusters, numbers)).tolist()


def in_space(volume: Storage, explorer: Explorer) -> NDArray[np.float64]:
    """The places in space of each row, from MAP."""
    places = np.full((explorer.count, 3), 0.5)
    for part in tables.open_snapshot(volume).parts(MAP):
        columns = tables.read_columns(volume, part, ["image_id", "x3", "y3", "z3"])
        rows = np.array(explorer.rows_of_ids(columns["image_id"]), np.int64)
        found = np.array([columns[name] for name in ("x3", "y3", "z3")]).T
        places[rows[rows >= 0]] = found[rows >= 0]
    return places


def serve(settings: ServeSettings) -> int:
    """Serve the map on this machine and open it, until stopped; without an index, only the map."""
    from recommendation.web.map.server import serve_map

    return serve_map(settings, partial(webbrowser.open, new=2))
