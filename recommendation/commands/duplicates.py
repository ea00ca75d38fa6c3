"""`imagerec duplicates`: groups of copies, which picture of each to keep, and why. Nothing is ever deleted."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from recommendation.duplicates.listing import ALL_KINDS, Groups, decide, read_groups
from recommendation.settings import Settings
from shared.command import cli
from shared.command.cli import printable
from shared.errors import UsageError
from shared.storage import Storage
from shared.storage.files import to_json, write_atomically

DESCRIPTION = "Print groups of pictures that are the same one, and which of each to keep. Nothing is deleted."
MOST_DRAWN = 12  # groups


def main(argv: Sequence[str]) -> int:
    """Return 0 when answered or stored, 1 when nothing has looked for copies yet, 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec duplicates`."""
    made = cli.parser("imagerec duplicates", DESCRIPTION, Settings)
    made.add_argument("--kind", choices=ALL_KINDS, help="only groups with a copy of this kind")
    made.add_argument("--limit", type=int, metavar="N", help="only the N largest groups")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument("--gallery", type=Path, metavar="FILE.png", help=f"also draw the {MOST_DRAWN} largest groups")
    made.add_argument("--refresh", action="store_true", help="look for copies first, as a run does")
    for flag, meaning in (
        ("--not-duplicates", "store that these pictures are no copies of each other: image_id, path or file name"),
        ("--undo", "take that back"),
    ):
        made.add_argument(flag, nargs="+", metavar="PICTURE", default=[], help=meaning)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do what the parsed flags ask."""
    settings = cli.settings_of(Settings, arguments)
    check(arguments)
    if arguments.refresh:
        refresh(settings)
    for references, is_undone in ((arguments.not_duplicates, False), (arguments.undo, True)):
        if references:
            ids = decide(settings.volume, references, is_undone=is_undone)
            sys.stdout.write(f"{len(ids)} pictures {'may be' if is_undone else 'are no'} duplicates of each other\n")
    if arguments.not_duplicates or arguments.undo:
        return cli.OK
    found = read_groups(settings.volume)
    found = found.of_kind(arguments.kind) if arguments.kind else found
    if arguments.gallery:
        draw(settings.volume, found, arguments.gallery)
    shown = found._replace(groups=found.groups[: arguments.limit])
    if arguments.json:
        sys.stdout.write(to_json({"total": len(found.groups), "groups": [*map(shown.record, shown.groups)]}).decode())
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines_of(shown, len(found.groups))))
    return cli.OK


def check(arguments: argparse.Namespace) -> None:
    """Do nothing if the flags fit together.

    Raises:
        UsageError: they do not.
    """
    if arguments.limit is not None and arguments.limit < 1:
        raise UsageError(f"--limit: expected 1 or more, got {arguments.limit}")
    if arguments.gallery and arguments.gallery.is_dir():
        raise UsageError(f"--gallery: expected a file to write, got the folder {arguments.gallery}")


def refresh(settings: Settings) -> None:
    """Look for copies among the pictures of the index.

    Raises:
        CannotProceedError: there is no index, or another command works on the volume.
    """
    from recommendation.duplicates import job  # imports Spark
    from shared.spark import session
    from shared.tables import catalog

    with settings.volume.lock("duplicates"), session.context(settings, "duplicates") as sc:
        catalog.rebuild(settings.volume, job.refresh(sc, settings.volume))


def lines_of(found: Groups, total: int) -> Iterator[str]:
    """The groups for a terminal."""
    if not found.groups:
        yield "no copies"
        return
    for group in found.groups:
        record = found.record(group)
        yield f"keep {printable(record['files'][0]['location'])}: {printable(record['reason'])}"
        for file in record["files"][1:]:
            size = f"{file['width_px']} x {file['height_px']} {file['format']}"
            yield f"  {file['kind']:<9} {file['score']:.3f}  {size:<20} {printable(file['location'])}"
        yield ""
    files = sum(len(found.record(one)["files"]) for one in found.groups)
    more = f"; the {len(found.groups)} largest of {total}" if total > len(found.groups) else ""
    yield f"{len(found.groups)} groups with {files} files{more}; nothing is deleted"


def draw(volume: Storage, found: Groups, path: Path) -> None:
    """Write a PNG: a row for each of the largest groups, the picture to keep first."""
    from recommendation.gallery.pictures import tiles_of  # imports Pillow
    from recommendation.gallery.sheet import Row, Sheet, draw_sheet
    from recommendation.search.engine import Engine

    engine = Engine.open(volume)
    groups = [
        [member for member in one.members if engine.pictures.find(member.image_id) is not None]
        for one in found.groups[:MOST_DRAWN]
    ]
    tiles = tiles_of(volume, engine, (member.image_id for members in groups for member in members))
    rows = [
        Row(f"group {number}", [tiles[one.image_id]._replace(note=one.kind, score=one.score) for one in members], "")
        for number, members in enumerate(groups, 1)
    ]
    write_atomically(
        path, draw_sheet(Sheet(title="Copies, the one to keep first", rows=rows, footer="nothing is deleted"))
    )
