"""What a thread was seen doing: stacks of functions and seconds; with short names, and as `pstats` stores profiles."""

import marshal
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

from shared.project import PACKAGES, PROJECT

PERIOD_S = 0.002
"""How long a thread is left alone between two looks at it."""

Function = tuple[str, int, str]
"""File, first line, name."""

Stack = tuple[Function, ...]
"""Functions that called each other, the innermost first."""

Stacks = dict[Stack, float]
"""Seconds that each stack was seen."""

#: Everything before a library's own name in the path of a file.
LIBRARIES = re.compile(r".*(?:/site-packages|/dist-packages|\.zip|/lib/python3\.\d+)/")
IMPORTS = "<frozen importlib"
#: Files whose functions keep their time: ours, Spark's, and Python's imports. All others work for who calls them.
HOMES = (*(f"{package}/" for package in (*PACKAGES, "pyspark", "py4j")), IMPORTS)
NAMELESS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<lambda>"})


def add(stacks: Stacks, more: Mapping[Stack, float]) -> Stacks:
    """`stacks`, with the seconds of `more` in it."""
    for stack, seconds in more.items():
        stacks[stack] = stacks.get(stack, 0.0) + seconds
    return stacks


@cache
def short(function: Function) -> Function:
    """The same with a file such as ``labeling/palette.py`` or ``PIL/Image.py``, on whatever machine it lies."""
    file, line, name = function
    return LIBRARIES.sub("", file).removeprefix(f"{PROJECT}/"), line, name


def owner(stack: Stack) -> Function:
    """The function that a stack's time belongs to: the innermost with a name in HOMES, for libraries work for others."""
    return next((one for one in stack if one[0].startswith(HOMES) and one[2] not in NAMELESS), stack[0])


def read(path: Path) -> Stacks:
    """The stacks of a file of `to_bytes`, none if there is no such file."""
    found: Stacks = marshal.loads(path.read_bytes()) if path.exists() else {}
    return found


def to_bytes(stacks: Stacks) -> bytes:
    """See `read`."""
    return marshal.dumps(stacks)


def to_pstats(stacks: Stacks) -> bytes:
    """A file for `pstats`; in place of calls it has how often a function was seen, and one inside itself counts once."""
    profile: dict[Function, tuple[int, int, float, float, dict[Function, tuple[int, int, float, float]]]] = {}
    for stack, seconds in stacks.items():
        looks = max(1, round(seconds / PERIOD_S))
        for function in dict.fromkeys(stack):
            own = seconds if function == stack[0] else 0.0
            known = profile.get(function, (0, 0, 0.0, 0.0, {}))
            profile[function] = (*_plus(known[:4], looks, own, seconds), known[4])
        for function, caller in dict.fromkeys(pairwise(stack)):
            own = seconds if function == stack[0] else 0.0
            callers = profile[function][4]
            callers[caller] = _plus(callers.get(caller, (0, 0, 0.0, 0.0)), looks, own, seconds)
    return marshal.dumps(profile)


def _plus(
    times: tuple[int, int, float, float], looks: int, own: float, together: float
) -> tuple[int, int, float, float]:
    return times[0] + looks, times[1] + looks, times[2] + own, times[3] + together
