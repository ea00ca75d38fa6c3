"""`imagerec recommend`: what a person might like next, and why."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recommendation.commands.table import cells, shorten
from recommendation.recommend.advisor import Advisor
from recommendation.recommend.listing import MOST
from recommendation.scoring.recommenders import DEFAULT, RECOMMENDERS
from recommendation.search.engine import Engine
from shared.command import cli
from shared.command.cli import printable
from shared.errors import UsageError
from shared.people.events import check_user_id
from shared.settings import Settings
from shared.storage.files import to_json

LONGEST_NAME = 48  # cells
DESCRIPTION = "Print the pictures that a person might like, each with the reason."


def main(argv: Sequence[str]) -> int:
    """Return 0 when answered, 1 when it cannot be (no index), 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec recommend`."""
    made = cli.parser("imagerec recommend", DESCRIPTION, Settings)
    made.add_argument("user", metavar="USER", help="the person; somebody unknown gets a list to begin with")
    made.add_argument("--n", type=int, default=10, metavar="N", help=f"how many pictures, 1..{MOST}; default 10")
    made.add_argument("--recommender", choices=RECOMMENDERS, default=DEFAULT, help=f"default: {DEFAULT}")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument(
        "--gallery", type=Path, metavar="FILE.png", help="also draw some likes and the recommended pictures"
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Answer what the parsed flags ask."""
    if not 1 <= arguments.n <= MOST:
        raise UsageError(f"--n: expected 1 to {MOST}, got {arguments.n}")
    volume, user_id = cli.settings_of(Settings, arguments).volume, check_user_id(arguments.user)
    engine = Engine.open(volume)
    items = Advisor(volume).recommend(engine, user_id, arguments.n, arguments.recommender)
    if arguments.gallery:
        from recommendation.commands.people.drawing import draw  # imports Pillow

        draw(volume, engine, user_id, items, arguments.gallery)
    if arguments.json:
        sys.stdout.write(to_json({"user_id": user_id, "recommendations": items}).decode())
    else:
        sys.stdout.write("".join(f"{line}\n" for line in lines_of(items)))
    return cli.OK


def lines_of(items: Sequence[dict[str, Any]]) -> list[str]:
    """The answer for a terminal."""
    if not items:
        return ["no picture is left to recommend: all are liked, disliked, near-copies of these, or not permitted"]
    names = [shorten(printable(one["file_name"]), LONGEST_NAME) for one in items]
    width = max(map(cells, names))
    return [
        f"{rank:3} {one['score']:7.3f}  {name}{' ' * (width - cells(name))}  {printable(one['reason'])}"
        + (f"  [{printable(one['licence'])}]" if one["licence"] else "")
        for rank, (one, name) in enumerate(zip(items, names, strict=True), 1)
    ]
