"""The commands of `imagerec`, declared once. A command's module is imported when the command runs."""

import importlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """A command of `imagerec`.

    Args:
        help: its line in `imagerec --help`.
        module: has ``main(argv) -> exit code``.
    """

    help: str
    module: str


#: To add a command, add a line here and its module.
COMMANDS: Mapping[str, Command] = {
    "run": Command("run all four stages, one after the other", "shared.command.run"),
    "acquisition": Command("read the pictures of a source and store their thumbnails", "acquisition.__main__"),
    "labeling": Command("compute the colours, shape, brightness and features of every picture", "labeling.__main__"),
    "embedding": Command("compute the embedding and the categories of every picture", "embedding.__main__"),
    "recommendation": Command("build the index of the collection", "recommendation.__main__"),
    "query": Command("print the pictures most like one picture, or like up to five", "recommendation.commands.query"),
    "serve": Command("answer queries over HTTP and from the inbox, until stopped", "recommendation.web.service"),
    "inbox": Command("answer the query jobs that wait in queries/inbox, then end", "recommendation.commands.inbox"),
    "map": Command("print, draw or open the map of the collection", "recommendation.web.map.command"),
    "duplicates": Command(
        "print groups of copies and which picture of each to keep", "recommendation.commands.duplicates"
    ),
    "evaluate": Command("measure retrieval quality over the collection", "recommendation.commands.evaluate"),
    "sources": Command("list the sources with their pictures, failures and last run", "acquisition.commands.sources"),
    "credits": Command(
        "write the credits that licences ask for, as HTML, Markdown or CSV", "acquisition.commands.credits"
    ),
    "remove": Command("take out a source or some pictures, with their thumbnails", "acquisition.commands.remove"),
    "like": Command("store that a person likes pictures", "recommendation.commands.people.like"),
    "dislike": Command("store that a person does not want to see pictures", "recommendation.commands.people.dislike"),
    "unlike": Command("take back a like or a dislike", "recommendation.commands.people.unlike"),
    "tag": Command("add tags to pictures by hand, or take tags out", "recommendation.commands.people.tag"),
    "forget": Command("delete everything about a person", "recommendation.commands.people.forget"),
    "users": Command(
        "print who likes what, simulate people, or import their likes", "recommendation.commands.people.users"
    ),
    "recommend": Command(
        "print the pictures that a person might like, with reasons", "recommendation.commands.people.recommend"
    ),
    "report": Command("write a report about the collection as a PDF", "recommendation.commands.report"),
    "gallery": Command("draw pictures with a tag, or groups that look alike", "recommendation.commands.gallery"),
    "export": Command("write the collection in the format of another program", "recommendation.commands.export"),
    "compact": Command("merge small slices and delete the rows of removed pictures", "shared.command.compact"),
    "status": Command("print what is on the volume", "shared.command.status"),
    "profile": Command("run `query` or `run` and print where the time went", "shared.command.profile"),
}


def call(name: str, argv: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    code: int = importlib.import_module(COMMANDS[name].module).main(argv)
    return code


def of_stage(stage: str) -> list[str]:
    """Names of the commands that a stage answers besides its own."""
    return [name for name, command in COMMANDS.items() if name != stage and command.module.startswith(f"{stage}.")]
