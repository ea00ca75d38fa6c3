"""What all commands share: flags, log lines, errors as one sentence, exit codes."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from shared import signals
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.settings import Settings, add_flags
from shared.storage import Storage
from shared.storage.volume import CATALOG

log = logging.getLogger(__name__)

S = TypeVar("S", bound=Settings)

OK, NOTHING_PRODUCED, WRONG_USAGE = 0, 1, 2
READER_GONE = 128 + 13  # what a shell gives for SIGPIPE

#: Added to the message of a stopped command that stores its progress.
GOES_ON = "; what is finished is kept, and the same command goes on from there"


def parser(prog: str, description: str, *classes: type[Settings]) -> argparse.ArgumentParser:
    """A parser with the flags of some settings classes; abbreviations are off so that scripts stay valid."""
    made = argparse.ArgumentParser(prog=prog, description=description, allow_abbrev=False)
    add_flags(made, *classes)
    return made


def settings_of(cls: type[S], arguments: argparse.Namespace) -> S:
    """The settings that the parsed flags, the environment and the profile give.

    Raises:
        UsageError: a value is not what its setting expects.
    """
    made = cls.resolve(vars(arguments), arguments.profile)
    if is_catalog_moved(made.volume):
        renew_catalog(made.volume)
    return made


def is_catalog_moved(volume: Storage) -> bool:
    """Whether the catalog was made for another path than the volume has now; looks at its note only, without DuckDB."""
    path = volume.local_path(CATALOG)
    try:
        return path.exists() and f"  {path}\n" not in path.with_name(f"{path.name}.sha256").read_text(
            "utf-8", "replace"
        )
    except OSError:
        return False


def renew_catalog(volume: Storage) -> None:
    """Make a moved catalog again; where it cannot be written the command goes on all the same."""
    from shared.tables import catalog  # imports DuckDB

    try:
        catalog.refresh_moved(volume)
    except (CannotProceedError, OSError) as error:
        log.warning("the catalog still names files of the place that the volume was at: %s", error)


def run_command(command: Callable[[], int], advice: str = "") -> int:
    """Run a command, print a user's error as one line on standard error, and return the exit code.

    Args:
        advice: see `signals.stoppable`.
    """
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO, stream=sys.stderr)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    prepare_output()
    try:
        with signals.stoppable(advice):
            code = command()
            sys.stdout.flush()
            return code
    except BrokenPipeError:  # whoever read the answer has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except UsageError as error:
        return _print_error(error, WRONG_USAGE)
    except (CannotProceedError, BadInputError) as error:
        return _print_error(error, NOTHING_PRODUCED)
    except OSError as error:  # a full or broken disk, a missing right: the operating system's words name the file
        return _print_error(error, NOTHING_PRODUCED)


def prepare_output() -> None:
    """Let no answer fail for what it is written to: a locale without its letters, or no standard output at all."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _print_error(error: object, code: int) -> int:
    print(f"imagerec: {error}", file=sys.stderr)
    return code


def printable(text: str) -> str:
    """The text on one line, without characters that could steer a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
