"""A stand-in for Spark that runs everything in this process, for tests of what a build makes rather than of Spark."""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from types import SimpleNamespace
from typing import Any, cast

from pyspark import SparkContext


class Records:
    """What the build uses of an RDD, over a list."""

    def __init__(self, records: Iterable[Any]) -> None:
        self._records = list(records)

    def map(self, function: Callable[[Any], Any]) -> "Records":
        return Records(map(function, self._records))

    def flatMap(self, function: Callable[[Any], Iterable[Any]]) -> "Records":  # noqa: N802 # Spark's name
        return Records(one for record in self._records for one in function(record))

    def filter(self, function: Callable[[Any], bool]) -> "Records":
        return Records(filter(function, self._records))

    def mapValues(self, function: Callable[[Any], Any]) -> "Records":  # noqa: N802 # Spark's name
        return Records((key, function(value)) for key, value in self._records)

    def mapPartitions(self, function: Callable[[Iterator[Any]], Iterable[Any]]) -> "Records":  # noqa: N802 # Spark's name
        return Records(function(iter(self._records)))

    def mapPartitionsWithIndex(self, function: Callable[[int, Iterator[Any]], Iterable[Any]]) -> "Records":  # noqa: N802
        return Records(function(0, iter(self._records)))

    def repartitionAndSortWithinPartitions(self, _n: int, _function: Callable[[Any], int]) -> "Records":  # noqa: N802
        return Records(sorted(self._records))

    def groupByKey(self, _n_partitions: int = 1) -> "Records":  # noqa: N802 # Spark's name
        return self.mapValues(lambda value: [value]).reduceByKey(lambda left, right: left + right)

    def takeOrdered(self, count: int, key: Callable[[Any], Any]) -> list[Any]:  # noqa: N802 # Spark's name
        return sorted(self._records, key=key)[:count]

    def cache(self) -> "Records":
        return self

    def unpersist(self) -> None:
        pass

    def first(self) -> Any:
        return self._records[0]

    def reduceByKey(self, function: Callable[[Any, Any], Any]) -> "Records":  # noqa: N802 # Spark's name
        values: dict[Any, Any] = {}
        for key, value in self._records:
            values[key] = function(values[key], value) if key in values else value
        return Records(values.items())

    def union(self, other: "Records") -> "Records":
        return Records([*self._records, *other.collect()])

    def values(self) -> "Records":
        return Records(value for _, value in self._records)

    def sortBy(self, key: Callable[[Any], Any]) -> "Records":  # noqa: N802 # Spark's name
        return Records(sorted(self._records, key=key))

    def sum(self) -> Any:
        return sum(self._records)

    def count(self) -> int:
        return len(self._records)

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

    def broadcast(self, value: Any) -> Any:
        return SimpleNamespace(value=value)


def context() -> SparkContext:
    return cast("SparkContext", Context())
