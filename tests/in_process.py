"""A stand-in for Spark that runs everything in this process, for tests of what a build makes rather than of Spark."""

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, cast

from pyspark import SparkContext


class Records:
    """What the build uses of an RDD, over a list."""

    def __init__(self, records: Iterable[Any]) -> None:
        self._records = list(records)

    def map(self, function: Callable[[Any], Any]) -> "Records":
        return Records(map(function, self._records))

    def reduceByKey(self, function: Callable[[Any, Any], Any]) -> "Records":  # noqa: N802 # Spark's name
        values: dict[Any, Any] = {}
        for key, value in self._records:
            values[key] = function(values[key], value) if key in values else value
        return Records(values.items())

    def treeReduce(self, function: Callable[[Any, Any], Any]) -> Any:  # noqa: N802 # Spark's name
        return reduce(function, self._records)

    def foreach(self, function: Callable[[Any], Any]) -> None:
        for record in self._records:
            function(record)

    def collect(self) -> list[Any]:
        return self._records

    def collectAsMap(self) -> dict[Any, Any]:  # noqa: N802 # Spark's name
        return dict(self._records)


class Context:
    """What the build uses of a SparkContext."""

    defaultParallelism = 1  # noqa: N815 # Spark's name

    def parallelize(self, records: Iterable[Any], _n_partitions: int) -> Records:
        return Records(records)


def context() -> SparkContext:
    return cast("SparkContext", Context())
