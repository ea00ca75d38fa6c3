"""Ctrl-C and SIGTERM end a command at once: one sentence, and nothing about what breaks because of it.

All that is stored survives a kill at any moment, so there is nothing to put in order but other processes. No exception
is raised: Python drops those that come while a finalizer runs, and Py4J has many.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
STDERR = 2

#: What ends other processes, last first.
_ENDINGS: list[Callable[[], None]] = []


@contextmanager
def stoppable(advice: str) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the process in the block, with the exit code that shells give to them.

    Args:
        advice: added to the sentence.
    """
    with _handled(lambda number, _: _stop(number, advice)):
        yield


def _stop(number: int, advice: str) -> NoReturn:
    _install(dict.fromkeys(NAMES, signal.SIG_IGN))
    line = f"imagerec: stopped by {NAMES[signal.Signals(number)]}{advice}\n"
    os.write(STDERR, (b"\n" if os.isatty(STDERR) else b"") + line.encode())  # a terminal shows ^C, or a bar
    os.dup2(os.open(os.devnull, os.O_WRONLY), STDERR)
    for end in reversed(_ENDINGS):
        end()
    os._exit(128 + number)


@contextmanager
def ending(end: Callable[[], None]) -> Iterator[None]:
    """Call `end` before the process ends when Ctrl-C or SIGTERM comes in the block."""
    _ENDINGS.append(end)
    try:
        yield
    finally:
        _ENDINGS.remove(end)


@contextmanager
def postponed() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM that come in the block take effect at its end."""
    came: list[int] = []
    try:
        with _handled(lambda number, _: came.append(number)):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)


@contextmanager
def kept() -> Iterator[None]:
    """Undo what the block does to the handlers of both."""
    with _handled(None):
        yield


@contextmanager
def _handled(handler: Any) -> Iterator[None]:
    """Handle both in the block, but for one that the process was started to ignore, as `nohup` does."""
    is_main = threading.current_thread() is threading.main_thread()  # others may not
    before = {number: signal.getsignal(number) for number in NAMES if is_main}
    _install({number: handler or old for number, old in before.items() if old != signal.SIG_IGN})
    try:
        yield
    finally:
        _install(before)


def _install(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
