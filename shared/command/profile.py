"""`imagerec profile`: run another command as it is, and print where its time went."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from shared.command import cli
from shared.command.commands import COMMANDS, call
from shared.errors import UsageError
from shared.spark import profiles

PROFILED = ("query", "run")


def main(argv: Sequence[str]) -> int:
    """Return the command's own exit code, or 2 on wrong usage."""
    return cli.run_command(lambda: profile(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec profile`; what follows the command is that command's own."""
    made = argparse.ArgumentParser(
        prog="imagerec profile",
        usage="imagerec profile [--out FILE.html] query|run [options of that command]",
        description=COMMANDS["profile"].help,
        allow_abbrev=False,
    )
    made.add_argument(
        "--out",
        type=Path,
        metavar="FILE.html",
        help="file to write, default profile-COMMAND.html here; each stage's Python workers get one beside it",
    )
    made.add_argument("command", nargs=argparse.REMAINDER, metavar="query|run ...", help="what to profile")
    return made


def profile(arguments: argparse.Namespace) -> int:
    """Run the command, print the profile on standard error and write the files.

    Raises:
        UsageError: it is no command that can be profiled, or the files cannot be written where they should.
    """
    command, *rest = arguments.command or [""]
    if command not in PROFILED:
        raise UsageError(f"profile: expected {' or '.join(PROFILED)} and its options, got {command or 'no command'}")
    out = arguments.out or Path(f"profile-{command}.html")
    check_writable(out)
    from pyinstrument import Profiler  # not imported at the start of the other commands

    from shared.command.profile_report import report

    profiler = Profiler(async_mode="disabled")
    with profiles.collecting() as workers, profiler:
        code = call(command, rest)
    if code != cli.WRONG_USAGE and profiler.last_session:
        report(out, command, profiler.last_session, workers)
    return code


def check_writable(out: Path) -> None:
    """Do nothing if a file can be written there; a run is too long to find out afterwards.

    Raises:
        UsageError: it cannot.
    """
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise UsageError(f"--out: expected a file in a folder that can be written to, got {out}")
