"""Profiles Spark's Python workers, in place of the profiler that Spark brings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark import AccumulatorParam, BasicProfiler, SparkContext

from shared.command.profiling.sampler import Sampler
from shared.command.profiling.stacks import Stacks, add, read, to_bytes
from shared.storage.files import write_atomically

#: Spark's name for what a job belongs to; `SparkContext.setJobDescription` sets it.
DESCRIPTION = "spark.job.description"


class StacksParam(AccumulatorParam[Stacks]):
    """Adds up what the tasks of an RDD were seen doing."""

    def zero(self, value: Stacks) -> Stacks:  # noqa: ARG002 # Spark's signature
        """Nothing seen."""
        return {}

    def addInPlace(self, value1: Stacks, value2: Stacks) -> Stacks:  # noqa: N802 # Spark's name
        """Both."""
        return add(value1, value2)


class WorkerProfiler(BasicProfiler):
    """What the tasks of one RDD do; the RDD belongs to the stage that the context's jobs are described as."""

    def __init__(self, context: SparkContext) -> None:
        self._stacks = context.accumulator({}, StacksParam())
        self._stage = str(context.getLocalProperty(DESCRIPTION))

    def profile(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a task, in a worker."""
        with Sampler() as sampler:
            result = func(*args, **kwargs)
        self._stacks.add(sampler.stacks)
        return result

    def dump(self, _rdd: int, path: str) -> None:
        """Add what was seen to the file of the RDD's stage in the folder `path`."""
        file = Path(path) / self._stage
        write_atomically(file, to_bytes(add(read(file), self._stacks.value)))
