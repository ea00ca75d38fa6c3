"""`python -m tests.chaos --kills N --seed SEED`: kill the pipeline, run it again, compare. Exit code 1 if anything was lost."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from shared.errors import CannotProceedError
from tests import external_data
from tests.chaos import cluster
from tests.chaos.parts import damage, disk, downloads, hostile, kills, publish
from tests.chaos.setting import Bench, LostError, Setting, prepare

COMMAND = ("run", "--model", "efficientnet-lite0", "--master")
LOCAL = (*COMMAND, "local[2]")


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when nothing was lost, else 1; the scratch folder is kept then."""
    arguments = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    scratch = Path(tempfile.mkdtemp(prefix="imagerec-chaos-", dir=arguments.scratch)).resolve()
    try:
        lost = sum(say(line) for line in lines(scratch, arguments))
    except (LostError, CannotProceedError, TimeoutError) as error:
        lost = int(say(f"LOST {error}"))
    print(f"{lost} lost; {scratch} is kept" if lost else "nothing lost, nothing done twice, nothing different")
    if not lost:
        shutil.rmtree(scratch)
    return min(lost, 1)


def parser() -> argparse.ArgumentParser:
    """The flags."""
    made = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    made.add_argument("--kills", type=int, default=20, help="how often to kill the real command [default 20]")
    made.add_argument("--seed", type=int, default=1, help="chooses victims and moments [default 1]")
    made.add_argument(
        "--stride", type=int, default=1, help="visit every n-th crash point of the publish path [default 1]"
    )
    made.add_argument("--flips", type=int, default=1000, help="how often to damage a file afterwards [default 1000]")
    made.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to do [default: all]")
    made.add_argument("--hostile", type=Path, default=external_data.HOSTILE, help="folder of hostile picture files")
    made.add_argument("--scratch", type=Path, help="folder to work in [default: the system's for temporary files]")
    return made


def lines(scratch: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """What is done, a line for each kill and each comparison."""
    series = Series(scratch, arguments)
    for name in arguments.parts:
        started = time.monotonic()
        yield from PARTS[name](series)
        yield f"{name} took {time.monotonic() - started:.0f} s"


class Series:
    """What the parts have in common: folders, flags, and the undisturbed runs, made when they are first needed."""

    def __init__(self, scratch: Path, arguments: argparse.Namespace) -> None:
        self.scratch, self.arguments = scratch, arguments
        self.bench = Bench(scratch, LOCAL)

    @cached_property
    def settings(self) -> list[Setting]:
        """On nothing, and on a collection that has grown."""
        return prepare(self.bench)


def break_publish_path(series: Series) -> Iterator[str]:
    """Every crash point of the publish path, without Spark."""
    yield from publish.break_everywhere(series.scratch / "publish", series.arguments.stride)


def break_disk(series: Series) -> Iterator[str]:
    """The real command on a disk that is full or broken."""
    yield from disk.fail_everywhere(series.bench, series.settings[0])
    yield from disk.fill_up(series.bench, series.settings[0])


def kill_executors(series: Series) -> Iterator[str]:
    """The real command on a cluster that loses executors, against a run without a cluster."""
    folder, dice = series.scratch / "cluster", random.Random(series.arguments.seed)
    with cluster.cluster(folder) as master:
        bench = Bench(series.scratch, (*COMMAND, master))
        yield from kills.executor_kills(bench, series.settings[0], folder, dice)


def attack(series: Series) -> Iterator[str]:
    """Hostile files as a collection and as uploads."""
    folder = series.arguments.hostile
    if not folder.is_dir():
        yield f"hostile files: left out, {external_data.missing(folder)}"
        return
    grown = series.settings[1]
    series.bench.reset(grown.pictures, grown.before)
    yield from hostile.through_pipeline(folder, series.scratch)
    yield from hostile.as_uploads(folder, series.scratch, series.bench.volume)


def kill_runs(series: Series) -> Iterator[str]:
    """The real command, killed; then damage to what it made."""
    arguments = series.arguments
    for one in series.settings:
        files = f"{len(one.expected)} files and tables"
        yield f"undisturbed {one.name}: {one.seconds:.0f} s, {one.points} crash points, {files}"
    yield from kills.chains(series.bench, series.settings, arguments.kills, arguments.seed)
    yield from damage.flip_everywhere(series.bench.volume, arguments.flips, arguments.seed)


def kill_downloads(series: Series) -> Iterator[str]:
    """SIGKILL of runs that list and download from a host on this machine."""
    yield from downloads.kill_downloads(series.scratch, series.arguments.kills, series.arguments.seed)


PARTS = {
    "publish": break_publish_path,
    "disk": break_disk,
    "cluster": kill_executors,
    "hostile": attack,
    "kills": kill_runs,
    "downloads": kill_downloads,
}


def say(line: str) -> bool:
    """Print a line; True if it tells of a loss."""
    print(line, flush=True)
    return line.startswith("LOST")


if __name__ == "__main__":
    sys.exit(main())
