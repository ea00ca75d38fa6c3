"""`imagerec users`: who likes what; simulate people; import their likes from files."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recommendation.commands.table import cells
from shared.command import cli
from shared.command.cli import printable
from shared.errors import CannotProceedError, UsageError
from shared.people import simulate
from shared.people.current import current_profiles
from shared.people.events import parse_scale
from shared.people.imports.importing import FORMATS, import_file
from shared.people.store import PeopleStore
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.volume import REPORTS

DESCRIPTION = "Print who likes what and what people have in common, simulate people, or import their likes."
SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}
ACTIONS = ("list", "patterns", "simulate", "import")
PATTERNS = f"{REPORTS}/patterns.json"  # labeling writes it
LISTED = 100  # people
SHOWN = 3  # colours and tags of a person in the table
TOP = 8  # values of each kind, and pairs


def main(argv: Sequence[str]) -> int:
    """Return 0 when done, 1 when nothing could be, 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_intermixed_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec users`."""
    made = cli.parser("imagerec users", DESCRIPTION, Settings)
    made.add_argument("action", nargs="?", choices=ACTIONS, default="list", help="default: list")
    made.add_argument("path", nargs="?", type=Path, metavar="PATH", help="import: the file or folder")
    made.add_argument("--json", action="store_true", help="list: print a JSON list, as in users.json")
    made.add_argument(
        "--limit",
        type=int,
        metavar="N",
        help=f"list: at most so many people, 0 for all; default {LISTED}, with --json all",
    )
    made.add_argument("--count", type=int, default=12, metavar="N", help="simulate: how many people; default 12")
    made.add_argument(
        "--seed", type=int, default=1, metavar="N", help="simulate: another seed makes other people; default 1"
    )
    made.add_argument(
        "--from", dest="form", choices=FORMATS, help="import: the format; without it, by the file's suffix"
    )
    made.add_argument("--scale", metavar="LOW..HIGH", help="import: the smallest and the largest rating, such as 1..5")
    made.add_argument(
        "--user", metavar="USER", help="import: whose favourites they are, where the files name no person"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do what the parsed flags ask."""
    volume = cli.settings_of(Settings, arguments).volume
    if arguments.action == "import":
        return _import(volume, arguments)
    if arguments.action == "patterns":
        return _patterns(volume, as_json=arguments.json)
    if arguments.path:
        raise UsageError(f"path: expected it with `users import` only, got {arguments.path}")
    if arguments.action == "simulate":
        return _simulate(volume, arguments.count, arguments.seed)
    return _list(volume, arguments.limit, as_json=arguments.json)


def _list(volume: Storage, limit: int | None, *, as_json: bool) -> int:
    if limit is not None and limit < 0:
        raise UsageError(f"--limit: expected 0 (all) or more, got {limit}")
    if as_json:
        people = current_profiles(volume, limit=limit or None)
        for number, one in enumerate(people):
            sys.stdout.write((",\n" if number else "[\n") + json.dumps(one, ensure_ascii=False))
        sys.stdout.write("\n]\n" if PeopleStore(volume).n_people() else "[]\n")
        return cli.OK
    shown = list(current_profiles(volume, limit=LISTED if limit is None else limit or None))
    more = PeopleStore(volume).n_people() - len(shown)
    lines = table(shown) + ([f"and {more:,} more people; --limit 0 lists all"] if more > 0 else [])
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return cli.OK


def _patterns(volume: Storage, *, as_json: bool) -> int:
    try:
        data = volume.read(PATTERNS).decode()
    except FileNotFoundError:
        raise CannotProceedError(
            "no patterns yet; they are found by `imagerec run` once somebody likes pictures"
        ) from None
    sys.stdout.write(data if as_json else "".join(f"{line}\n" for line in pattern_lines(json.loads(data))))
    return cli.OK


def pattern_lines(found: Mapping[str, Any]) -> list[str]:
    """What people have in common, for a terminal."""

    def shares(name: str) -> str:
        return ", ".join(f"{printable(value)} {share:.0%}" for value, share in list(found[name].items())[:TOP])

    pairs = [
        f"{' and '.join(map(printable, one['people']))} {one['cosine']:.2f}" for one in found["most_similar"][:TOP]
    ]
    return [
        f"{found['people']} people, {found['likes']} likes",
        *(f"{name:12} {shares(name)}" for name in ("colors", "tags", "orientations", "sizes")),
        f"{'clusters':12} {', '.join(f'{number}: {people} people' for number, people in found['clusters'].items())}",
        f"{'most similar':12} {', '.join(pairs)}",
    ]


def _simulate(volume: Storage, count: int, seed: int) -> int:
    if not 1 <= count <= 100_000 or seed < 0:
        raise UsageError(f"expected --count 1 to 100000 and --seed 0 or more, got {count} and {seed}")
    names = simulate.simulate(volume, count, seed)
    sys.stdout.write(f"{len(names)} people simulated: {names[0]} to {names[-1]}; `imagerec users` lists them\n")
    return cli.OK


def _import(volume: Storage, arguments: argparse.Namespace) -> int:
    if arguments.path is None:
        raise UsageError("users import: expected a file or folder")
    form = arguments.form or SUFFIXES.get(arguments.path.suffix.lower())
    if form is None:
        raise UsageError(
            f"expected --from {'|'.join(FORMATS)}, or a file that ends in {', '.join(SUFFIXES)}; got {arguments.path}"
        )
    scale = parse_scale(arguments.scale) if arguments.scale else None
    done = import_file(volume, arguments.path, form, scale, arguments.user)
    sys.stdout.write("".join(f"{line}\n" for line in done.lines()))
    return cli.OK if done.read > done.n_unknown + done.n_problems else cli.NOTHING_PRODUCED


def table(people: Sequence[Mapping[str, Any]]) -> list[str]:
    """The people for a terminal, a line each."""
    if not people:
        return ["nobody yet: `imagerec like USER PICTURE`, `imagerec users import FILE` or `imagerec users simulate`"]
    width = max(4, *(cells(printable(one["user_id"])) for one in people))
    head = f"{'user':{width}} likes dislikes cluster  favourites"
    return [head, *(_line(one, width) for one in people)]


def _line(one: Mapping[str, Any], width: int) -> str:
    words = [
        *one["favorite_colors"][:SHOWN],
        *one["favorite_tags"][:SHOWN],
        one["favorite_orientation"],
        one["favorite_size"],
    ]
    cluster = "-" if one["cluster"] < 0 else one["cluster"]
    counts = f"{len(one['favorite_images']):5} {len(one['dislikes']):8} {cluster:>7}"
    name = printable(one["user_id"])
    return f"{name}{' ' * (width - cells(name))} {counts}  {printable(', '.join(filter(None, words)))}"
