"""Kill the real command at random moments and crash points, run it again, and compare with an undisturbed run."""

import json
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.chaos import cluster, compare, pictures
from bench.chaos.points import MOVED, Plan
from bench.chaos.processes import LOOK_EVERY_S, Command
from bench.chaos.service import Watch, watched
from recommendation import generation
from recommendation.engine import Options
from recommendation.live import Answerer
from recommendation.query import Upload
from shared import tables

PICTURES, MORE_PICTURES = 70, 100  # of the first run and, with what is added, of the second: three slices and one more
EXECUTOR_KILLS = 3
QUERY = Upload("query", pictures.draw(1))
LONGEST_CHAIN = 5  # kills before a run is left in peace
ORPHANS_LIMIT_S = 60.0
#: Last table of each stage that works in slices: its part says that a slice is complete.
LAST_TABLES = ("staged", "features", "categories")
#: What can be killed, and how often it is chosen. Killing a worker must not even end the run.
VICTIMS = {"point": 10, "everything": 4, "driver": 3, "java": 2, "worker": 3, "daemon": 1}
MENDED = {"worker", "daemon"}
SPARK_IS_UP = "Spark is up"
ACCOUNT = re.compile(r"(\w+): listed (\d+) = done (\d+) \+ skipped (\d+) \+ failed (\d+)")


class Setting(NamedTuple):
    """From which volume to which a run leads, and what an undisturbed one did."""

    name: str
    pictures: Path  # what the source holds
    before: Path
    expected: dict[str, str]
    answers: dict[str, str]  # generation -> its results for QUERY as JSON, for every one that may be live
    seconds: float
    points: int
    size_bytes: int  # of the volume


class Bench(NamedTuple):
    """The folders of one series of kills."""

    scratch: Path
    arguments: tuple[str, ...]  # of the command, but for source and volume

    @property
    def volume(self) -> Path:
        """The volume under test; always the same path, for the catalog names it."""
        return self.scratch / "volume"

    @property
    def source(self) -> Path:
        """The folder of pictures; always the same path, for the tables name it."""
        return self.scratch / "source"

    def start(self, name: str, plan: Plan | None = None) -> Command:
        """Start the command."""
        arguments = [*self.arguments, "--source", str(self.source), "--data", str(self.volume)]
        return Command(arguments, self.scratch / "logs" / name, self.volume, plan)

    def reset(self, pictures: Path, before: Path) -> None:
        """Put source and volume back to what they were."""
        for folder, content in ((self.source, pictures), (self.volume, before)):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(content, folder)


class LostError(Exception):
    """Something that was promised did not hold."""


def prepare(bench: Bench) -> list[Setting]:
    """Run undisturbed twice: on nothing, and on a collection that has grown.

    Raises:
        LostError: a run fails without being disturbed.
    """
    first, second = bench.scratch / "pictures", bench.scratch / "more pictures"
    pictures.write_source(first, 0, PICTURES)
    shutil.copytree(first, second)
    pictures.write_source(second, PICTURES, MORE_PICTURES)
    empty = bench.scratch / "empty"
    empty.mkdir()
    fresh = undisturbed(bench, "fresh", first, empty, {})
    filled = bench.scratch / "filled"
    shutil.copytree(bench.volume, filled)
    return [fresh, undisturbed(bench, "grown", second, filled, fresh.answers)]


def undisturbed(bench: Bench, name: str, content: Path, before: Path, answers: dict[str, str]) -> Setting:
    """What a run does that nobody disturbs.

    Raises:
        LostError: it fails.
    """
    bench.reset(content, before)
    started = time.monotonic()
    command = bench.start(f"undisturbed-{name}")
    if command.wait():
        raise LostError(f"an undisturbed run failed:\n{command.said}")
    seconds = time.monotonic() - started
    count = sum(not line.startswith(MOVED) for line in command.points.read_text(encoding="utf-8").splitlines())
    known = answers | answer(bench.volume)
    size_bytes = sum(path.stat().st_size for path in bench.volume.rglob("*"))
    return Setting(name, content, before, compare.contents(bench.volume), known, seconds, count, size_bytes)


def answer(volume: Path) -> dict[str, str]:
    """The answer to one query by the generation that answers it; {} while there is no index.

    Raises:
        CannotProceedError: the live generation is damaged.
    """
    if generation.live_name(volume) is None:
        return {}
    found = Answerer(volume).answer([QUERY], Options()).content
    return {found["generation"]: json.dumps(found["results"])}


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
                number += 1
                line, runs = kill_once(bench, setting, dice, runs, f"{number:04d}")
                yield f"kill {number:4d} {setting.name}: {line}"
                if runs[-1].process.returncode == 0:
                    break
            yield f"     end {setting.name}: {finish(bench, setting, runs, f'{number:04d}-end')}"
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
    if victim == "point":
        at, action = dice.randint(1, setting.points), dice.choice(["kill", "session"])
        command = bench.start(name, Plan("", "", at, action))
        what = f"crash point {at}"
    else:
        command = bench.start(name)
        moment = dice.uniform(0, setting.seconds)
        what = f"{victim} after {moment:.1f} s"
        strike(command, victim, moment, dice)
    code = command.wait()
    if victim == "point":
        what += f" ({where(command, bench.volume, at)})"
    check_manners(victim, what, code, command.said)
    look(bench, setting, what)
    check_repeats(runs, command)
    return f"{what}: {outcome(code)}", [*runs, command]


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
        cluster.await_word(command.log, SPARK_IS_UP, 1)
        moment = dice.uniform(0, setting.seconds)
        killed = 0
        deadline = time.monotonic() + moment
        while command.process.poll() is None:
            found = cluster.executors(folder)
            if time.monotonic() >= deadline and found:
                os.kill(dice.choice(found), signal.SIGKILL)
                killed += 1
                break
            time.sleep(LOOK_EVERY_S)
        check_manners("worker", f"an executor after {moment:.1f} s", command.wait(), command.said)
        yield f"{killed} executor killed after {moment:.1f} s: {account(command)}; {compared(bench, setting)}"


def strike(command: Command, victim: str, moment: float, dice: random.Random) -> None:
    """Kill the victim when the moment has come, or as soon after as there is one."""
    deadline = time.monotonic() + moment
    while command.process.poll() is None:
        if time.monotonic() >= deadline and command.kill(victim, dice.choice):
            break
        time.sleep(LOOK_EVERY_S)


def where(command: Command, volume: Path, at: int) -> str:
    """What the process was about to do at a crash point."""
    lines = command.points.read_text(encoding="utf-8").splitlines() if command.points.exists() else []
    found = [line.split(" ", 2)[2] for line in lines if line.startswith(f"{at} ")]
    return found[0].replace(f"{volume}/", "") if found else "not reached"


def outcome(code: int) -> str:
    """What the exit code of a run says."""
    return {0: "the run went on and ended well", -9: "killed"}.get(code, f"ended with {code}")


def look(bench: Bench, setting: Setting, what: str) -> None:
    """Read all that readers read.

    Raises:
        LostError: the live generation gives another answer than it did.
        CannotProceedError: something is damaged.
    """
    snapshot = tables.open_snapshot(bench.volume)
    for parts in snapshot.tables.values():
        tables.check_parts(bench.volume, parts)
    for name, said in answer(bench.volume).items():
        if setting.answers.get(name) != said:
            raise LostError(f"{what}: generation {name} does not answer as it did")


def check_repeats(runs: Sequence[Command], latest: Command) -> None:
    """Fail if the latest run did again what an earlier one had finished.

    Raises:
        LostError: it did.
    """
    for table in LAST_TABLES:
        for run in runs:
            twice = compare.repeated(run.points, latest.points, table)
            if twice:
                raise LostError(f"finished slices were done again: {twice}; logs: {latest.points.parent}")


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


def compared(bench: Bench, setting: Setting) -> str:
    """How much of the volume is what an undisturbed run made: all of it.

    Raises:
        LostError: something differs; the message names it.
    """
    found = compare.differences(setting.expected, compare.contents(bench.volume))
    if found:
        raise LostError("the outcome differs:\n" + "\n".join(found))
    return f"{len(setting.expected)} files and tables are equal"


def account(command: Command) -> str:
    """The accounting lines of a run in short, checked.

    Raises:
        LostError: one does not add up, or none was said.
    """
    found = [(stage, *map(int, counts)) for stage, *counts in ACCOUNT.findall(command.said)]
    wrong = [line for line in found if line[1] != sum(line[2:])]
    if wrong or not found:
        raise LostError(f"the account does not add up:\n{command.said}")
    return ", ".join(
        f"{stage} {listed} = {done} + {skipped} + {failed}" for stage, listed, done, skipped, failed in found
    )
