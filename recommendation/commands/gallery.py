"""`imagerec gallery`: a contact sheet of the pictures that meet conditions, or of the largest groups of similar pictures."""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recommendation.gallery.pictures import tiles_of
from recommendation.gallery.sheet import Row, Sheet, Tile, draw_sheet
from recommendation.index.filters import parse_condition
from recommendation.recommend.loading import load_view
from recommendation.scoring.pictures import Pictures
from recommendation.search.engine import Engine
from shared.command import cli
from shared.errors import CannotProceedError, UsageError
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import write_atomically

DESCRIPTION = "Draw pictures with their licences and authors as one PNG: those with a tag, or groups that look alike."
MOST_PICTURES, MOST_CLUSTERS, SHOWN = 500, 50, 10


def main(argv: Sequence[str]) -> int:
    """Return 0 when drawn, 1 when it cannot be (no index, no such picture), 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec gallery`."""
    made = cli.parser("imagerec gallery", DESCRIPTION, Settings)
    made.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="the file to write")
    made.add_argument("--tag", action="append", default=[], help="pictures with this tag; repeatable: with all of them")
    made.add_argument(
        "--where", action="append", default=[], metavar="CONDITION", help="as for `imagerec query`; repeatable"
    )
    made.add_argument("--n", type=int, default=60, metavar="N", help=f"at most so many, 1..{MOST_PICTURES}; default 60")
    made.add_argument(
        "--clusters",
        type=int,
        metavar="N",
        help=f"instead: the N largest groups of similar pictures, 1..{MOST_CLUSTERS}",
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Draw what the parsed flags ask for."""
    conditions = [*(f"tags={tag}" for tag in arguments.tag), *arguments.where]
    check(arguments, conditions)
    volume = cli.settings_of(Settings, arguments).volume
    engine = Engine.open(volume)
    if arguments.clusters:
        sheet = clusters_sheet(volume, engine, arguments.clusters)
    else:
        sheet = matching_sheet(volume, engine, conditions, arguments.n)
    write_atomically(arguments.out, draw_sheet(sheet))
    sys.stdout.write(f"{sheet.title}: {arguments.out}\n")
    return cli.OK


def check(arguments: argparse.Namespace, conditions: Sequence[str]) -> None:
    """Refuse flags that do not go together.

    Raises:
        UsageError: they do not.
    """
    if arguments.clusters is not None and conditions:
        raise UsageError("--clusters: expected it without --tag and --where")
    for name, value, most in (("--n", arguments.n, MOST_PICTURES), ("--clusters", arguments.clusters, MOST_CLUSTERS)):
        if value is not None and not 1 <= value <= most:
            raise UsageError(f"{name}: expected 1 to {most}, got {value}")
    if arguments.out.is_dir():
        raise UsageError(f"--out: expected a file to write, got the folder {arguments.out}")


def matching_sheet(volume: Storage, engine: Engine, conditions: Sequence[str], most: int) -> Sheet:
    """Pictures that meet conditions, in the order of their files; of more than `most` evenly chosen ones.

    Raises:
        CannotProceedError: no picture does.
    """
    rows = np.flatnonzero(engine.pictures.matching([parse_condition(one) for one in conditions]))
    if not len(rows):
        raise CannotProceedError(f"no picture has {' and '.join(conditions)}; `imagerec status` says what is there")
    chosen = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)]
    ids = [bytes(one).ljust(16, b"\0").hex() for one in engine.pictures.ids(chosen)]
    tiles = tiles_of(volume, engine, ids)
    counted = f"{len(rows):,} pictures" if len(rows) > 1 else "1 picture"
    title = f"{counted} with {', '.join(conditions)}" if conditions else f"{counted} of the collection"
    footer = f"{len(tiles):,} of {len(rows):,} shown" if len(tiles) < len(rows) else ""
    return Sheet(title, [Row("", list(tiles.values()))], footer=footer, most=MOST_PICTURES)


def clusters_sheet(volume: Storage, engine: Engine, most: int) -> Sheet:
    """A row for each of the largest groups of similar pictures: the SHOWN that are nearest to its centre."""
    pictures = load_view(engine).pictures
    sizes = np.bincount(pictures.clusters)
    largest = np.lexsort((np.arange(len(sizes)), -sizes))[:most].tolist()
    chosen = {number: typical(pictures, number) for number in largest}
    tiles = tiles_of(volume, engine, (one for ids in chosen.values() for one in ids))
    rows = [cluster_row(pictures, number, [tiles[one] for one in ids]) for number, ids in chosen.items()]
    groups = f"{len(rows)} largest of {len(sizes)} groups" if len(rows) < len(sizes) else "Groups"
    return Sheet(f"{groups} of similar pictures", rows, footer="KMeans on the reduced embeddings")


def typical(pictures: Pictures, number: int) -> list[str]:
    """The image_ids of a cluster's pictures that are nearest to its centre, nearest first."""
    members = np.flatnonzero(pictures.clusters == number)
    nearness = pictures.subject[members] @ pictures.subject[members].mean(axis=0)
    return [str(pictures.ids[row]) for row in members[np.argsort(-nearness, kind="stable")[:SHOWN]]]


def cluster_row(pictures: Pictures, number: int, tiles: Sequence[Tile]) -> Row:
    """A cluster's row, named by the tag that most of its pictures have."""
    members = np.flatnonzero(pictures.clusters == number).tolist()
    tags = Counter(tag for row in members for tag in set(pictures.tags.of_row(row)))
    frequent = min(tags, key=lambda tag: (-tags[tag], tag), default="")
    return Row(frequent, tiles, caption=f"{len(members):,} pictures")
