"""A disk that is full or broken under each stage of the real command, and a small one that is really full."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from tests.chaos.points import Plan
from tests.chaos.processes import Command
from tests.chaos.setting import Bench, LostError, Setting, account, compared

#: Files of every stage, in the order they are written: from the first of each on, nothing can be written.
PLACES = (
    "/work/tables/listing/",
    "/work/tables/staged/",
    "/tables/images/",
    "/images_metadata.json",
    "/tables/features/",
    "/images_labels.json",
    "/models/",
    "/tables/embeddings/",
    "/index/",
    "/catalog.duckdb",
)
ERRORS = ("ENOSPC", "EIO")
#: Sizes of the small disk, as shares of what a run needs; the last is enough.
SHARES = (0.01, 0.05, 0.3, 0.7, 0.9, 0.97, 1.5)


def fail_everywhere(bench: Bench, setting: Setting) -> Iterator[str]:
    """Let one place after the other fail, then leave the command in peace and compare.

    Raises:
        LostError: a run ended well without what it had to write, said no reason or published something.
    """
    for error in ERRORS:
        bench.reset(setting.pictures, setting.before)
        for number, place in enumerate(PLACES):
            command = bench.start(f"disk-{error}-{number}", Plan("", "", 1, error, match=f"{bench.volume.root}{place}"))
            yield f"{error} on {place}: {refusal(bench, command, os.strerror(getattr(errno, error)), place)}"
        yield f"     end {error}: {recovery(bench, setting, f'disk-{error}-end')}"


def refusal(bench: Bench, command: Command, reason: str, place: str) -> str:
    """How the command said that it could not go on.

    Raises:
        LostError: it did not, or something was published that could not be written.
    """
    code, last = command.wait(), command.said.splitlines()[-1]
    if code != 1 or not last.startswith("imagerec: ") or reason not in last:
        raise LostError(f"{place}: expected exit code 1 and {reason!r}, got {code}:\n{command.said}")
    check_readable(bench.volume)
    table = Path(place).name
    if table in tables.open_snapshot(bench.volume).tables:
        raise LostError(f"{table} was published though it could not be written")
    return last.replace(f"{bench.volume.root}/", "")


def check_readable(volume: LocalStorage) -> None:
    """Read all tables.

    Raises:
        LostError: something that the snapshot names is damaged.
    """
    try:
        for parts in tables.open_snapshot(volume).tables.values():
            tables.check_parts(volume, parts)
    except CannotProceedError as error:
        raise LostError(f"a failed run left damage: {error}") from error


def recovery(bench: Bench, setting: Setting, name: str) -> str:
    """Run the same command again, with enough space and a sound disk.

    Raises:
        LostError: it fails, or the outcome differs.
    """
    command = bench.start(name)
    if command.wait():
        raise LostError(f"the last run failed:\n{command.said}")
    return f"the same command: {account(command)}; {compared(bench, setting)}"


def fill_up(bench: Bench, setting: Setting) -> Iterator[str]:
    """Run on a disk that is too small, then on ever larger ones; only root can make one.

    Raises:
        LostError: a run neither ended well nor said that the disk is full, or the outcome differs.
    """
    bench.reset(setting.pictures, setting.before)
    if os.geteuid():
        yield "a small disk: left out, only root can mount one"
        return
    with small_disk(bench.volume.root) as resize:
        for number, share in enumerate(SHARES):
            resize(int(share * setting.size_bytes))
            command = bench.start(f"small-{number}")
            code, last = command.wait(), command.said.splitlines()[-1]
            if code and "No space left" not in last:
                raise LostError(f"expected `No space left` at the end:\n{command.said}")
            check_readable(bench.volume)
            yield f"a disk of {share:.0%} of what is needed: {last if code else 'ended well'}".replace(
                f"{bench.volume.root}/", ""
            )
        yield f"     end small disk: {recovery(bench, setting, 'small-end')}"


@contextmanager
def small_disk(folder: Path) -> Iterator[Callable[[int], None]]:
    """A file system in memory at a folder, until the block ends; yields what sets its size in bytes."""

    def resize(size_bytes: int) -> None:
        run(["mount", "-o", f"remount,size={size_bytes >> 10}k", str(folder)])

    run(["mount", "-t", "tmpfs", "-o", "size=1m", "imagerec-chaos", str(folder)])
    try:
        yield resize
    finally:
        run(["umount", "--lazy", str(folder)])


def run(command: list[str]) -> None:
    """Run a system command that must succeed."""
    subprocess.run(command, check=True, capture_output=True)
