"""Profiles Spark's Python workers with pyinstrument, in place of the profiler that Spark brings (cProfile)."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from pyinstrument import Profiler
from pyinstrument.session import Session
from pyspark import AccumulatorParam, BasicProfiler, SparkContext

from shared.spark.profiles import Profiles

#: Spark's name for what a job belongs to; `SparkContext.setJobDescription` sets it.
DESCRIPTION = "spark.job.description"


class SessionParam(AccumulatorParam[Session | None]):
    """Adds up the profiles of an RDD's tasks."""

    def zero(self, value: Session | None) -> None:  # Spark's signature
        """No profile."""

    def addInPlace(self, value1: Session | None, value2: Session | None) -> Session | None:  # noqa: N802 # Spark's name
        """Both profiles in one."""
        return combine(value1, value2)


def combine(one: Session | None, other: Session | None) -> Session | None:
    """Both profiles in one, with each call stack once."""
    if one is None or other is None:
        return one or other
    both = Session.combine(one, other)
    seconds = defaultdict[tuple[str, ...], float](float)
    for stack, time_s in both.frame_records:
        seconds[tuple(stack)] += time_s
    both.frame_records = [(list(stack), time_s) for stack, time_s in seconds.items()]
    return both


class WorkerProfiler(BasicProfiler):
    """Profiles the tasks of one RDD; the RDD belongs to the stage that the context's jobs are described as."""

    def __init__(self, context: SparkContext) -> None:
        self._session = context.accumulator(None, SessionParam())
        self._stage = str(context.getLocalProperty(DESCRIPTION))

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a task, in a worker."""
        with Profiler(async_mode="disabled") as profiler:
            result = func(*args, **kwargs)
        self._session.add(profiler.last_session)
        return result

    def collect(self, profiles: Profiles) -> None:
        """Add the profile of the tasks to that of their stage."""
        if session := combine(profiles.get(self._stage), self._session.value):
            profiles[self._stage] = session
