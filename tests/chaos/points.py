"""Crash points: every change a process makes to the files of a volume, counted across processes.

The product has no hooks. `install` puts a counter in front of the functions through which Python changes files; at the
number that the plan names, the process is killed or the call fails. A write that is hit is torn: half of it is done.
"""

import builtins
import errno
import fcntl
import io
import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

NEVER = 0
#: Functions of `os` that change a volume, and which of their arguments is the file (the new name, for moves).
CALLS = {"replace": 1, "rename": 1, "unlink": 0, "remove": 0, "rmdir": 0, "mkdir": 0, "fsync": 0, "utime": 0}
MOVED = "moved"


class Plan(NamedTuple):
    """What to count, and what to do at which number."""

    volume: str  # full path without links; only files under it count
    log: str  # a line for each point: number, process, what, file
    at: int = NEVER
    action: str = "kill"  # kill this process, kill its whole session, or the name of an errno: fail from `at` on
    match: str = ""  # count only files whose path holds this
    once: bool = False  # an errno: fail at `at` only


def read_plan(path: str) -> Plan:
    """The plan in a JSON file."""
    return Plan(**json.loads(Path(path).read_text(encoding="utf-8")))


def write_plan(path: Path, plan: Plan) -> None:
    """Store a plan for `read_plan`."""
    path.write_text(json.dumps(plan._asdict()), encoding="utf-8")


def install(plan: Plan) -> None:
    """Put the counter in front of this process's file functions, for good."""
    prefix = f"{plan.volume}{os.sep}"

    def is_counted(name: str) -> bool:
        return (name + os.sep).startswith(prefix) and plan.match in name

    for call, position in CALLS.items():
        setattr(os, call, _counted_call(plan, is_counted, call, position))
    opener = _counted_open(plan, is_counted, io.open)
    io.open = builtins.open = opener


def _counted_call(plan: Plan, is_counted: Callable[[str], bool], call: str, position: int) -> Callable[..., Any]:
    real = getattr(os, call)

    def counted(*args: Any, **kwargs: Any) -> Any:
        name = _name(args[position]) if len(args) > position else ""
        if not is_counted(name):
            return real(*args, **kwargs)
        reach(plan, call, name)
        result = real(*args, **kwargs)
        if call == "replace":
            _append(plan, f"{MOVED} {os.getpid()} {call} {name}")
        return result

    return counted


def _counted_open(plan: Plan, is_counted: Callable[[str], bool], real: Callable[..., Any]) -> Callable[..., Any]:
    def counted(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+") or not is_counted(_name(file)):
            return real(file, mode, buffering, *args, **kwargs)
        reach(plan, "open", _name(file))
        raw = CountedFile(plan, file, mode.replace("b", "").replace("t", ""))
        buffered: io.BufferedIOBase = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **kwargs)

    return counted


class CountedFile(io.FileIO):
    """A file whose every write to the operating system is a crash point."""

    def __init__(self, plan: Plan, file: Any, mode: str) -> None:
        super().__init__(file, mode)
        self._plan = plan

    def write(self, data: Any, /) -> int:
        half = bytes(data)[: len(data) // 2]
        reach(self._plan, "write", _name(self.name), tear=lambda: super(CountedFile, self).write(half))
        return super().write(data)


def _name(file: Any) -> str:
    """Full path of a file given by its path or its number."""
    if isinstance(file, int):
        with suppress(OSError):
            return str(Path(f"/proc/self/fd/{file}").readlink())
        return ""
    return str(Path(os.fsdecode(file)).absolute())


def reach(plan: Plan, what: str, name: str, tear: Callable[[], object] = lambda: None) -> None:
    """Count a point; at the plan's number, die or raise.

    Raises:
        OSError: the plan's errno.
    """
    number = _count(plan)
    _append(plan, f"{number} {os.getpid()} {what} {name}")
    is_error = plan.action not in {"kill", "session"}
    if plan.at == NEVER or (number < plan.at) or (number > plan.at and not (is_error and not plan.once)):
        return
    tear()
    if is_error:
        code = getattr(errno, plan.action)
        raise OSError(code, os.strerror(code), None if what in {"write", "fsync"} else name)  # as the system does
    if plan.action == "session":
        kill_session(os.getsid(0))
    os.kill(os.getpid(), signal.SIGKILL)


def _count(plan: Plan) -> int:
    handle = os.open(f"{plan.log}.count", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        number = int(os.pread(handle, 20, 0) or b"0") + 1
        os.pwrite(handle, b"%d" % number, 0)
        return number
    finally:
        os.close(handle)


def _append(plan: Plan, line: str) -> None:
    handle = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, line.encode("utf-8", "surrogateescape") + b"\n")
    finally:
        os.close(handle)


def session(number: int) -> list[int]:
    """Living processes of a session."""
    return [process for process in processes() if _session_of(process) == number]


def processes() -> list[int]:
    """All processes of the machine."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session_of(process: int) -> int | None:
    """The session of a process; None when it has ended."""
    with suppress(OSError):
        state, _, _, number = (
            Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[:4]
        )
        return None if state == "Z" else int(number)
    return None


def kill_session(number: int) -> None:
    """Kill every process of a session but this one, also those that are started meanwhile."""
    while others := [process for process in session(number) if process != os.getpid()]:
        for process in others:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
