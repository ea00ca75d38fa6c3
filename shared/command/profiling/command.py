"""`imagerec profile`: run another command as it is, and say where its time went."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shared.command import cli
from shared.command.profiling.account import command_lines
from shared.command.profiling.folder import collecting
from shared.command.profiling.sampler import Sampler
from shared.command.profiling.stacks import Stacks, read, to_pstats
from shared.errors import UsageError
from shared.project import STAGES
from shared.storage.files import write_atomically

COMMANDS = ("query", "run")
PROFILED = (*STAGES, "query")
DESCRIPTION = "Run a query or all four stages as usual, then say where the time went, and write it as files for pstats."

Main = Callable[[Sequence[str]], int]
"""`imagerec`: arguments to exit code."""


def main(argv: Sequence[str], imagerec: Main) -> int:
    """Return the command's own exit code, or 2 on wrong usage."""
    return cli.run_command(lambda: profile(parser().parse_args(argv), imagerec))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec profile`; what follows the command is that command's own."""
    made = argparse.ArgumentParser(
        prog="imagerec profile",
        usage="imagerec profile [--out FILE.prof] query|run [options of that command]",
        description=DESCRIPTION,
        allow_abbrev=False,
    )
    made.add_argument(
        "--out",
        type=Path,
        metavar="FILE.prof",
        help="file to write, default profile-COMMAND.prof here; each stage's Python workers get one beside it",
    )
    made.add_argument("command", nargs=argparse.REMAINDER, metavar="query|run ...", help="what to profile")
    return made


def profile(arguments: argparse.Namespace, imagerec: Main) -> int:
    """Run the command, print the account on standard error and write the files.

    Raises:
        UsageError: it is no command that can be profiled, or the files cannot be written where they should.
    """
    command, *rest = arguments.command or [""]
    if command not in COMMANDS:
        raise UsageError(f"profile: expected {' or '.join(COMMANDS)} and its options, got {command or 'no command'}")
    out = arguments.out or Path(f"profile-{command}.prof")
    check_writable(out)
    start_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        with collecting(Path(folder)), Sampler() as sampler:
            code = imagerec([command, *rest])
        workers = {stage: stacks for stage in PROFILED if (stacks := read(Path(folder) / stage))}
    if code != cli.WRONG_USAGE:
        sys.stderr.write("\n".join(["", *command_lines(command, sampler.stacks, workers, start_s), ""]))
        write(out, sampler.stacks, workers)
    return code


def check_writable(out: Path) -> None:
    """Do nothing if a file can be written there; a run is too long to find out afterwards.

    Raises:
        UsageError: it cannot.
    """
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        raise UsageError(f"--out: expected a file in a folder that can be written to, got {out}")


def write(out: Path, stacks: Stacks, workers: Mapping[str, Stacks]) -> None:
    """Write the files, and say on standard error which."""
    files = {out: stacks} | {out.with_stem(f"{out.stem}-{stage}"): seen for stage, seen in workers.items()}
    for path, seen in files.items():
        write_atomically(path, to_pstats(seen))
    names = " ".join(str(path) for path in files)
    sys.stderr.write(f"written: {names}; open one with `python -m pstats FILE` or `snakeviz FILE`\n")
