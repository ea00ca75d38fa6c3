"""Kill the real command at random moments and crash points, run it again, and compare with an undisturbed run."""

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from recommendation.index import generation
from shared.storage import LocalStorage
from tests.chaos import cluster
from tests.chaos.points import Plan
from tests.chaos.processes import LOOK_EVERY_S, Command
from tests.chaos.service import Watch, watched
from tests.chaos.setting import QUERY, Bench, LostError, Setting, account, check_repeats, compared, look

EXECUTOR_KILLS = 3
LONGEST_CHAIN = 5  # kills before a run is left in peace
ORPHANS_LIMIT_S = 60.0
#: What can be killed, and how often it is chosen. Killing a worker must not even end the run.
VICTIMS = {"point": 10, "everything": 4, "driver": 3, "java": 2, "worker": 3, "daemon": 1}
MENDED = {"worker", "daemon"}
TOO_LATE = "came too late, not counted"
FEWEST_POINTS, LONGEST_PAUSE_S = 60, 2.0
SPARK_IS_UP = "Spark is up"


def chains(bench: Bench, settings: Sequence[Setting], kills: int, seed: int) -> Iterator[str]:
    """Kill until there were as many kills as asked for.

    Yields:
        A line for each kill and each comparison.

    Raises:
        LostError: a promise did not hold; the message says which, and where the logs are.
    """
    dice, number, chain = random.Random(seed), 0, 0
    while number < kills:
        setting = settings[chain % len(settings)]
        bench.reset(setting.pictures, setting.before)
        with service(bench, setting, f"chain-{chain:04d}") as watch:
            runs: list[Command] = []
            for _ in range(min(dice.randint(1, LONGEST_CHAIN), kills - number)):
                line, runs = kill_once(bench, setting, dice, runs, f"{chain:04d}-{len(runs)}")
                number += not line.endswith(TOO_LATE)
                yield f"kill {number:4d} {setting.name}: {line}"
                if runs[-1].process.returncode == 0:
                    break
            yield f"     end {setting.name}: {finish(bench, setting, runs, f'{chain:04d}-end')}"
        if watch:
            yield f"   asked {setting.name}: {judge(watch)}"
        chain += 1


@contextmanager
def service(bench: Bench, setting: Setting, name: str) -> Iterator[Watch | None]:
    """The query service beside the runs, where the volume has an index to begin with."""
    if generation.live_name(bench.volume) is None:
        yield None
        return
    with watched(bench.volume, bench.scratch / "logs" / name, QUERY.data, setting.answers) as watch:
        yield watch


def judge(watch: Watch) -> str:
    """What the service answered all the while.

    Raises:
        LostError: it failed to, or answered something else than the live generation does.
    """
    if watch.wrong or not watch.asked:
        raise LostError(f"the service: {watch.wrong or 'was never asked'}")
    return f"the service answered {sum(watch.asked.values())} times: {watch.asked}"


def kill_once(
    bench: Bench, setting: Setting, dice: random.Random, runs: list[Command], name: str
) -> tuple[str, list[Command]]:
    """Start the command and kill something of it; what came of it, and all runs so far.

    Raises:
        LostError: a promise did not hold.
    """
    victim = dice.choices(list(VICTIMS), list(VICTIMS.values()))[0]
    at = dice.randint(1, max(FEWEST_POINTS, setting.points - sum(run.count_points() for run in runs)))
    if victim == "point":
        command = bench.start(name, Plan("", "", at, dice.choice(["kill", "session"])))
        is_hit = command.wait_for_point(at)
        what = f"crash point {at} ({where(command, bench.volume, at)})"
    else:
        command, pause_s = bench.start(name), dice.uniform(0, LONGEST_PAUSE_S)
        is_hit = strike(command, victim, at, pause_s, dice)
        what = f"{victim}, {pause_s:.1f} s after point {at} ({where(command, bench.volume, at)})"
    code = command.wait()
    check_manners(victim, what, code, command.said)
    look(bench, setting, what)
    check_repeats(runs, command)
    return f"{what}: {outcome(code) if is_hit else TOO_LATE}", [*runs, command]


def strike(command: Command, victim: str, at: int, pause_s: float, dice: random.Random) -> bool:
    """Kill the victim some time after a crash point was passed, or when there is one; False if the run ended before."""
    if not command.wait_for_point(at):
        return False
    time.sleep(pause_s)
    while command.process.poll() is None:
        if command.kill(victim, dice.choice):
            return True
        time.sleep(LOOK_EVERY_S)
    return False


def check_manners(victim: str, what: str, code: int, said: str) -> None:
    """Fail unless the run went on without a worker, or said in a sentence why it could not without Java.

    Raises:
        LostError: it did neither.
    """
    if victim in MENDED and code:
        raise LostError(f"{what}: expected the run to go on, it ended with {code}:\n{said}")
    if victim == "java" and code and SPARK_IS_UP in said and not said.splitlines()[-1].startswith("imagerec: "):
        raise LostError(f"{what}: expected a sentence at the end:\n{said}")


def executor_kills(bench: Bench, setting: Setting, folder: Path, dice: random.Random) -> Iterator[str]:
    """Kill executors of the cluster in a folder while a run is on; it must end well, and as one without a cluster.

    Raises:
        LostError: it does not.
    """
    for number in range(EXECUTOR_KILLS):
        bench.reset(setting.pictures, setting.before)
        command = bench.start(f"executor-{number}")
        at = dice.randint(1, setting.points)
        found: list[int] = []
        while not found and command.wait_for_point(at) and command.process.poll() is None:
            found = cluster.executors(folder)
        if found:
            os.kill(dice.choice(found), signal.SIGKILL)
        check_manners("worker", f"an executor at point {at}", command.wait(), command.said)
        yield f"{len(found[:1])} executor killed at point {at}: {account(command)}; {compared(bench, setting)}"


def where(command: Command, volume: LocalStorage, at: int) -> str:
    """What the process was about to do at a crash point."""
    lines = command.points.read_text(encoding="utf-8").splitlines() if command.points.exists() else []
    found = [line.split(" ", 2)[2] for line in lines if line.startswith(f"{at} ")]
    return found[0].replace(f"{volume.root}/", "") if found else "not reached"


def outcome(code: int) -> str:
    """What the exit code of a run says."""
    return {0: "the run went on and ended well", -9: "killed"}.get(code, f"ended with {code}")


def finish(bench: Bench, setting: Setting, runs: list[Command], name: str) -> str:
    """Leave the command in peace, then compare everything.

    Raises:
        LostError: a promise did not hold.
    """
    command = bench.start(name)
    if command.wait():
        raise LostError(f"the last run failed:\n{command.said}")
    check_repeats(runs, command)
    look(bench, setting, "at the end")
    same = compared(bench, setting)
    for run in runs:
        if not run.is_gone(ORPHANS_LIMIT_S):
            raise LostError(f"processes of a killed run are still there: {run.points.parent}")
    return f"the same command: {account(command)}; {same}"
