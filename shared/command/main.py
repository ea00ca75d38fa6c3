"""The command `imagerec`: finds the command's module and hands over to it."""

import argparse
import sys
from collections.abc import Sequence

from shared.command import cli
from shared.command.commands import COMMANDS, call
from shared.project import VERSION


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 nothing could be produced, 2 wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return cli.run_command(lambda: _run(arguments))  # signals are handled from here on: imports take a while, too


def _run(arguments: Sequence[str]) -> int:
    return call(parser().parse_args(arguments[:1]).command, arguments[1:])


def parser() -> argparse.ArgumentParser:
    """The parser of the command's name; the options are the command's own."""
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items())
    made = argparse.ArgumentParser(
        prog="imagerec",
        usage="imagerec COMMAND [options]",
        description="Find, recommend and see pictures.",
        epilog=f"commands:\n{lines}\n\n`imagerec COMMAND --help` lists a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"imagerec {VERSION}")
    made.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    return made
