"""Watches a thread from another one.

Not cProfile: since Python 3.12 it mixes up the threads of a process, and loses its place in calls to libraries made with
pybind11, such as ONNX Runtime (https://github.com/pybind/pybind11/issues/5600). It also makes Python code look slower
than it is beside code in C.
"""

import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Self

from shared.command.profiling.stacks import PERIOD_S, Stack, Stacks, add, short

SWITCH_S = 0.0005  # how long a busy thread may keep the interpreter from the sampler; Python's own value is 5 ms


class Sampler:
    """Looks every PERIOD_S at what the block does; `stacks` holds what it saw, inside the function that has the block."""

    def __init__(self) -> None:
        self.stacks: Stacks = {}
        self._watched = threading.get_ident()
        self._outermost = sys._getframe(1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._switch_s = sys.getswitchinterval()

    def __enter__(self) -> Self:
        sys.setswitchinterval(SWITCH_S)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        sys.setswitchinterval(self._switch_s)

    def _watch(self) -> None:
        before = time.perf_counter()
        while not self._ended.wait(PERIOD_S):
            stack = stack_of(sys._current_frames()[self._watched], self._outermost)
            now = time.perf_counter()
            if stack:  # else in the block itself, between two calls
                add(self.stacks, {stack: now - before})
            before = now


def stack_of(frame: FrameType | None, outermost: FrameType) -> Stack:
    """What a thread is doing inside a function, the innermost first."""
    functions = []
    while frame and frame is not outermost:
        code = frame.f_code
        functions.append(short((code.co_filename, code.co_firstlineno, code.co_name)))
        frame = frame.f_back
    return tuple(functions)
