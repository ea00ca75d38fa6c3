"""`imagerec forget`: delete everything about a person."""

import argparse
import sys
from collections.abc import Sequence

from shared.command import cli
from shared.command.cli import printable
from shared.errors import UsageError
from shared.people.events import check_user_id
from shared.people.store import PeopleStore
from shared.people.tags import TagStore
from shared.settings import Settings

DESCRIPTION = "Delete everything about a person: from the store at once, from tables and files at the next run."


def main(argv: Sequence[str]) -> int:
    """Return 0 when deleted, 2 for a person who is not there."""
    made = cli.parser("imagerec forget", DESCRIPTION, Settings)
    made.add_argument("user", metavar="USER", help="the person")
    return cli.run_command(lambda: forget(made.parse_args(argv)))


def forget(arguments: argparse.Namespace) -> int:
    """Forget the person that the parsed flags name."""
    volume = cli.settings_of(Settings, arguments).volume
    user_id = check_user_id(arguments.user)
    TagStore(volume).forget(user_id)
    deleted = PeopleStore(volume).forget(user_id)
    if deleted < 0:
        raise UsageError(f"user: expected a person of `imagerec users`, got {user_id!r}")
    sys.stdout.write(
        f"{printable(user_id)} is forgotten: {deleted} likes and dislikes deleted; "
        "tables and recommendations.json follow at the next `imagerec run`\n"
    )
    return cli.OK
