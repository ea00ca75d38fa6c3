"""Runs that nobody disturbs, and whether what came of a disturbed one is the same."""

import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import acquisition.steps
import embedding.steps
import labeling.steps
from recommendation.index import generation
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import Upload
from recommendation.search.request import Options
from shared import tables
from shared.storage import LocalStorage
from tests.chaos import compare, pictures
from tests.chaos.points import MOVED, Plan
from tests.chaos.processes import Command

PICTURES, MORE_PICTURES = 40, 60  # of the first run and, with what is added, of the second: two slices and one more
QUERY = Upload("query", pictures.draw(1))
#: Last table of each stage that works in slices: its part says that a slice is complete.
LAST_TABLES = tuple(
    contracts[-1].name
    for contracts in (acquisition.steps.STAGE.contracts, labeling.steps.STAGE.contracts, embedding.steps.CONTRACTS)
)
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
    def volume(self) -> LocalStorage:
        """The volume under test; always the same path, for the catalog names it."""
        return LocalStorage(self.scratch / "volume")

    @property
    def source(self) -> Path:
        """The folder of pictures; always the same path, for the tables name it."""
        return self.scratch / "source"

    def start(self, name: str, plan: Plan | None = None) -> Command:
        """Start the command."""
        arguments = [*self.arguments, "--source", str(self.source), "--data", str(self.volume.root)]
        return Command(arguments, self.scratch / "logs" / name, self.volume, plan)

    def reset(self, pictures: Path, before: Path) -> None:
        """Put source and volume back to what they were.

        The source is moved into its place and back: copies would be other files, with other inodes.
        """
        origin = self.scratch / "origin of the source"
        if self.source.exists():
            self.source.rename(origin.read_text(encoding="utf-8"))
        pictures.rename(self.source)
        origin.write_text(str(pictures), encoding="utf-8")
        shutil.rmtree(self.volume.root, ignore_errors=True)
        shutil.copytree(before, self.volume.root)


class LostError(Exception):
    """Something that was promised did not hold."""


def prepare(bench: Bench) -> list[Setting]:
    """Run undisturbed twice: on nothing, and on a collection that has grown.

    Raises:
        LostError: a run fails without being disturbed.
    """
    first, second = bench.scratch / "pictures", bench.scratch / "more pictures"
    pictures.write_source(first, 0, PICTURES)
    shutil.copytree(first, second, copy_function=os.link)
    pictures.write_source(second, PICTURES, MORE_PICTURES)
    empty = bench.scratch / "empty"
    empty.mkdir()
    fresh = undisturbed(bench, "fresh", first, empty, {})
    filled = bench.scratch / "filled"
    shutil.copytree(bench.volume.root, filled)
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
    size_bytes = sum(path.stat().st_size for path in bench.volume.root.rglob("*"))
    return Setting(name, content, before, compare.contents(bench.volume), known, seconds, count, size_bytes)


def answer(volume: LocalStorage) -> dict[str, str]:
    """The answer to one query by the generation that answers it; {} while there is no index.

    Raises:
        CannotProceedError: the live generation is damaged.
    """
    if generation.live_name(volume) is None:
        return {}
    found = Answerer(volume).answer([QUERY], Options()).content
    return {found["generation"]: json.dumps(found["results"])}


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


def account(command: Command) -> str:
    """The counts lines of a run in short, checked.

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


def compared(bench: Bench, setting: Setting) -> str:
    """How much of the volume is what an undisturbed run made: all of it.

    Raises:
        LostError: something differs; the message names it.
    """
    found = compare.differences(setting.expected, compare.contents(bench.volume))
    if found:
        raise LostError("the outcome differs:\n" + "\n".join(found))
    return f"{len(setting.expected)} files and tables are equal"
