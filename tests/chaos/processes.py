"""The real command as a session of processes: driver, Java, Python workers; and how to kill some of them."""

import atexit
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from shared.storage import LocalStorage
from tests.chaos.points import Plan, kill_session, session, write_plan
from tests.commands import ROOT

INJECT = Path(__file__).with_name("inject")
DAEMONS = {"shared.spark.worker_daemon", "pyspark.daemon"}  # of this machine, of a cluster's executors
LIMIT_S = 300.0
LOOK_EVERY_S = 0.02


class Command:
    """A running `imagerec` command, its crash points counted.

    Args:
        folder: for its output, the log of its crash points and its plan.
        volume: what it works on; the crash points are there.
        plan: at which crash point to die, if at one.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, volume: LocalStorage, plan: Plan | None = None) -> None:
        folder.mkdir(parents=True)
        self.points, self.log = folder / "points.log", folder / "said.log"
        plan = (plan or Plan("", ""))._replace(volume=str(volume.root), log=str(self.points))
        write_plan(folder / "plan.json", plan)
        with self.log.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "shared", *arguments],
                env=environment(folder / "plan.json"),
                cwd=ROOT,
                stdout=said,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        atexit.register(self.end)

    def end(self) -> None:
        """Kill it if it is still running."""
        if self.process.poll() is None:
            kill_session(self.process.pid)
            self.process.wait()

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def count_points(self) -> int:
        """How many crash points it has passed."""
        count = self.points.with_name(f"{self.points.name}.count")
        return int(count.read_bytes() or b"0") if count.exists() else 0

    def wait_for_point(self, at: int) -> bool:
        """Wait until it has come to a crash point; False if it ends before."""
        while self.count_points() < at:
            if self.process.poll() is not None:
                return self.count_points() >= at
            time.sleep(LOOK_EVERY_S)
        return True

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(LIMIT_S)

    def members(self, kind: str) -> list[int]:
        """Its processes of a kind: driver, java, daemon (which forks the workers) or worker."""
        return [process for process in session(self.process.pid) if kind_of(process) == kind]

    def kill(self, kind: str, choose: Callable[[Sequence[int]], int]) -> bool:
        """Kill one of its processes, or `everything`; False if there was none left to kill."""
        if kind == "everything":
            kill_session(self.process.pid)
            return self.process.wait(LIMIT_S) < 0
        found = self.members(kind)
        if found:
            with suppress(ProcessLookupError):
                os.kill(choose(found), signal.SIGKILL)
        return bool(found)

    def is_gone(self, limit_s: float) -> bool:
        """Whether all of its processes end within a time."""
        deadline = time.monotonic() + limit_s
        while session(self.process.pid):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_EVERY_S)
        return True


def environment(plan: Path) -> Mapping[str, str]:
    """The environment of a command whose crash points are counted."""
    paths = f"{INJECT}{os.pathsep}{ROOT}"
    return os.environ | {"PYTHONPATH": paths, "CHAOS_PLAN": str(plan), "IMAGEREC_DRIVER_HOST": "127.0.0.1"}


def kind_of(number: int) -> str:
    """What a process of a command's session is; empty when it has ended or is something else."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        process = psutil.Process(number)
        words = process.cmdline()
        if words[:1] and words[0].endswith("java"):
            return "java"
        if DAEMONS & set(words):
            parent = process.parent()
            return "worker" if parent and DAEMONS & set(parent.cmdline()) else "daemon"
        return "driver" if "shared" in words else ""
    return ""
