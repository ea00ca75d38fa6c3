"""`python -m bench.chaos --kills N --seed SEED`: kill the pipeline, run it again, compare. Exit code 1 if anything was lost."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.chaos import cluster, damage, disk, kills, publish
from shared.errors import CannotProceedError

COMMAND = ("run", "--model", "efficientnet-lite0", "--master")
LOCAL = (*COMMAND, "local[2]")


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when nothing was lost, else 1; the scratch folder is kept then."""
    arguments = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    scratch = Path(tempfile.mkdtemp(prefix="imagerec-chaos-", dir=arguments.scratch)).resolve()
    try:
        lost = sum(say(line) for line in lines(scratch, arguments))
    except (kills.LostError, CannotProceedError, TimeoutError) as error:
        lost = int(say(f"LOST {error}"))
    print(f"{lost} lost; {scratch} is kept" if lost else "nothing lost, nothing done twice, nothing different")
    if not lost:
        shutil.rmtree(scratch)
    return min(lost, 1)


def parser() -> argparse.ArgumentParser:
    """The flags."""
    made = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    made.add_argument("--kills", type=int, default=20, help="how often to kill the real command [default 20]")
    made.add_argument("--seed", type=int, default=1, help="chooses victims and moments [default 1]")
    made.add_argument(
        "--stride", type=int, default=1, help="visit every n-th crash point of the publish path [default 1]"
    )
    made.add_argument("--flips", type=int, default=1000, help="how often to damage a file afterwards [default 1000]")
    made.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to do [default: all]")
    made.add_argument("--scratch", type=Path, help="folder to work in [default: the system's for temporary files]")
    return made


def lines(scratch: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """What is done, a line for each kill and each comparison."""
    for name in arguments.parts:
        started = time.monotonic()
        yield from PARTS[name](scratch / name, arguments)
        yield f"{name} took {time.monotonic() - started:.0f} s"


def break_publish_path(scratch: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """Every crash point of the publish path, without Spark."""
    yield from publish.break_everywhere(scratch, arguments.stride)


def kill_runs(scratch: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """The real command, killed; then damage to what it made."""
    bench = kills.Bench(scratch, LOCAL)
    settings = kills.prepare(bench)
    for one in settings:
        yield f"undisturbed {one.name}: {one.seconds:.0f} s, {one.points} crash points, {len(one.expected)} files and tables"
    yield from kills.chains(bench, settings, arguments.kills, arguments.seed)
    yield from damage.flip_everywhere(bench.volume, arguments.flips, arguments.seed)


def break_disk(scratch: Path, _: argparse.Namespace) -> Iterator[str]:
    """The real command on a disk that is full or broken."""
    bench = kills.Bench(scratch, LOCAL)
    fresh, _grown = kills.prepare(bench)
    yield from disk.fail_everywhere(bench, fresh)
    yield from disk.fill_up(bench, fresh)


def kill_executors(scratch: Path, arguments: argparse.Namespace) -> Iterator[str]:
    """The real command on a cluster that loses executors, against a run without a cluster."""
    fresh, _grown = kills.prepare(kills.Bench(scratch, LOCAL))
    with cluster.cluster(scratch / "cluster") as master:
        bench = kills.Bench(scratch, (*COMMAND, master))
        yield from kills.executor_kills(bench, fresh, scratch / "cluster", random.Random(arguments.seed))


PARTS = {"publish": break_publish_path, "disk": break_disk, "cluster": kill_executors, "kills": kill_runs}


def say(line: str) -> bool:
    """Print a line; True if it tells of a loss."""
    print(line, flush=True)
    return line.startswith("LOST")


if __name__ == "__main__":
    sys.exit(main())
