"""What `like`, `dislike` and `unlike` share: one person, some pictures, one value."""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence

from shared.command import cli
from shared.command.cli import printable
from shared.people.events import Event, check_user_id
from shared.people.references import picture_ids
from shared.people.store import PeopleStore
from shared.settings import Settings
from shared.storage import Storage


def command(name: str, description: str, value: float | None, done: str, argv: Sequence[str]) -> int:
    """Run one of the commands: 0 when all is stored, 2 when a picture or the user id cannot be; then nothing is stored."""
    return cli.run_command(lambda: _record(_parser(name, description).parse_args(argv), value, done))


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    made = cli.parser(f"imagerec {name}", description, Settings)
    made.add_argument("user", metavar="USER", help="the person: any text without control characters")
    made.add_argument("pictures", metavar="PICTURE", nargs="+", help="image_id, path, URL or file name")
    return made


def _record(arguments: argparse.Namespace, value: float | None, done: str) -> int:
    volume = cli.settings_of(Settings, arguments).volume
    record(volume, arguments.user, arguments.pictures, value, "command")
    n_pictures = len(arguments.pictures)
    sys.stdout.write(
        f"{printable(arguments.user.strip())} {done} {n_pictures} picture{'s' if n_pictures > 1 else ''}\n"
    )
    return cli.OK


def never(_: str) -> bool:
    """False."""
    return False


def record(
    volume: Storage,
    user: str,
    references: Iterable[str],
    value: float | None,
    source: str,
    is_picture: Callable[[str], bool] = never,
) -> list[str]:
    """Store one person's opinion of some pictures; durable when this returns.

    Args:
        is_picture: a quicker way than the tables, which are read for all other references, to say that one is an image_id.

    Returns:
        The pictures' image_ids, in the order of the references.

    Raises:
        UsageError: the user id cannot be one, or a reference means no picture; nothing is stored then.
    """
    user_id, references = check_user_id(user), list(references)
    ids = {one: one for one in references if is_picture(one)}
    ids |= picture_ids(volume, [one for one in references if one not in ids])
    now = time.time()
    PeopleStore(volume).record(Event(user_id, ids[one], value, now, source) for one in references)
    return [ids[one] for one in references]
