"""`imagerec tag`: add and remove tags of pictures by hand."""

import argparse
import sys
from collections.abc import Sequence

from shared.command import cli
from shared.people.current import read_labels
from shared.people.references import picture_ids
from shared.people.tags import change_tags, current_tags
from shared.settings import Settings

DESCRIPTION = "Add tags to pictures, or take tags out; without either, print the tags. The next `imagerec run` merges them into labels."


def main(argv: Sequence[str]) -> int:
    """Return 0 when all is stored, 2 when a picture, a tag or the user id cannot be; then nothing is stored."""
    return cli.run_command(lambda: tag(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec tag`."""
    made = cli.parser("imagerec tag", DESCRIPTION, Settings)
    made.add_argument("user", metavar="USER", help="who says so: any text without control characters")
    made.add_argument("pictures", metavar="PICTURE", nargs="+", help="image_id, path, URL or file name")
    made.add_argument("--add", metavar="TAG", action="append", default=[], help="a tag to add; may be repeated")
    made.add_argument("--remove", metavar="TAG", action="append", default=[], help="a tag to take out; may be repeated")
    return made


def tag(arguments: argparse.Namespace) -> int:
    """Change or print the tags of the pictures that the parsed flags name."""
    volume = cli.settings_of(Settings, arguments).volume
    ids = list(dict.fromkeys(picture_ids(volume, arguments.pictures).values()))
    labels = read_labels(volume, set(ids))
    stored = {one: labels[one]["tags"] if one in labels else [] for one in ids}
    if arguments.add or arguments.remove:
        added, removed = change_tags(volume, stored, arguments.add, arguments.remove, arguments.user)
        for what, changed in (("added to", added), ("taken from", removed)):
            for name, pictures in changed.items():
                sys.stdout.write(f"{cli.printable(name)} {what} {len(pictures)} of {len(ids)}\n")
        if not added and not removed:
            sys.stdout.write("nothing to change\n")
        return cli.OK
    for image_id, tags in current_tags(volume, stored).items():
        sys.stdout.write(f"{image_id}  {', '.join(cli.printable(one) for one in tags) or '(none)'}\n")
    return cli.OK
