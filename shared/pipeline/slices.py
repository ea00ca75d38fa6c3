"""Slices: up to 1,024 pictures that go through every stage together.

A slice is the unit of work (one Spark partition), of storage (one part per table) and of lineage: it has the same
name in `images`, `labels`, `embeddings`, ... and its rows keep their order, so a stage's missing work is a set
difference of slice names and never a join of rows.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from pyspark import RDD, Broadcast, SparkContext

from shared import tables
from shared.pipeline.progress import PictureCounter
from shared.storage import Storage
from shared.storage.volume import TABLES
from shared.tables import Part, Snapshot, orphans, parquet, presence
from shared.tables.contracts import FAILURES, Contract

TableRow = tuple[str, dict[str, Any]]
"""A row and the name of the table it belongs to."""

OutputRow = tuple[str, TableRow]
"""The fingerprint of the output that a row belongs to, and the row."""


class StageOutput(NamedTuple):
    """What a stage writes.

    Args:
        name: the stage.
        fingerprint: digest of everything that shapes the output: settings, model, version of the features.
        contracts: its tables; the last is written last, so its part says that the slice is complete.
    """

    name: str
    fingerprint: str
    contracts: tuple[Contract, ...]

    @property
    def tables(self) -> tuple[Contract, ...]:
        """Every table it writes, failures first."""
        return (FAILURES, *self.contracts)


class Done(NamedTuple):
    """What came of one slice."""

    parts: list[Part]
    failures: dict[str, int]

    @property
    def fingerprint(self) -> str:
        """Of the output that it is part of."""
        return self.parts[-1].fingerprint


class WorkList(NamedTuple):
    """What a stage has, and what it lacks."""

    published: list[Part]  # of an earlier run, with the same fingerprint
    adopted: list[Done]  # left complete by an interrupted run
    todo: list[str]  # slices


def work_list(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, stage: StageOutput, slices: Iterable[str]
) -> WorkList:
    """Which slices are done already; what an interrupted run left half done is deleted.

    A slice that has lost a file is done again.
    """
    return work_lists(sc, volume, snapshot, [stage], slices)[0]


def work_lists(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, outputs: Sequence[StageOutput], slices: Iterable[str]
) -> list[WorkList]:
    """The same for several outputs of one stage, in the same tables and with different fingerprints."""
    wanted = set(slices)
    lists = [_list_work(sc, volume, snapshot, one, wanted) for one in outputs]
    keep = [part for one in lists for done in one.adopted for part in done.parts]
    orphans.sweep(volume, snapshot, outputs[0].name, outputs[0].tables, keep)
    return lists


def _list_work(sc: SparkContext, volume: Storage, snapshot: Snapshot, stage: StageOutput, wanted: set[str]) -> WorkList:
    stored = [part for contract in stage.tables for part in snapshot.parts(contract, stage.name, stage.fingerprint)]
    broken = {part.slice for part in presence.missing(volume, stored)}
    published = [part for part in stored if part.slice in wanted - broken]
    missing = sorted(wanted - {part.slice for part in published if part.table == stage.contracts[-1].name})
    adopted = _adopt(sc, volume, stage, [name for name in missing if name not in broken])
    keep = {part.slice for done in adopted for part in done.parts}
    return WorkList(published, adopted, sorted(set(missing) - keep))


def join(lists: Sequence[WorkList]) -> WorkList:
    """What several outputs of a stage have and lack together; a slice is to do where any of them lacks it."""
    return WorkList(
        [part for one in lists for part in one.published],
        [done for one in lists for done in one.adopted],
        sorted({name for one in lists for name in one.todo}),
    )


def _adopt(sc: SparkContext, volume: Storage, stage: StageOutput, slices: Sequence[str]) -> list[Done]:
    folder = f"{TABLES}/{stage.contracts[-1].name}"
    stored = {one.key for one in volume.list(folder)} if slices else set()
    left = [name for name in slices if f"{folder}/{tables.part_name(name, stage.name, stage.fingerprint)}" in stored]
    if not left:
        return []
    found = sc.parallelize(left, len(left)).map(partial(find_slice, volume, stage)).collect()
    return [done for done in found if done is not None]


def find_slice(volume: Storage, stage: StageOutput, slice_name: str) -> Done | None:
    """What an interrupted run made of a slice, or None unless it is complete and undamaged."""
    found = [
        tables.find_part(volume, contract, slice_name, stage.name, stage.fingerprint) for contract in stage.contracts
    ]
    parts = [part for part in found if part is not None]
    if len(parts) < len(stage.contracts):
        return None
    if volume.stat(failures_key(stage, slice_name)) is None:
        return Done(parts, {})
    failures = tables.find_part(volume, FAILURES, slice_name, stage.name, stage.fingerprint)
    if failures is None:  # damaged: without its rows the slice would lose entries
        return None
    reasons = tables.read_columns(volume, failures, ["reason"])["reason"]
    return Done([failures, *parts], dict(Counter(reasons)))


def failures_key(stage: StageOutput, slice_name: str) -> str:
    """Where the failures of a slice are stored, if it has any."""
    return f"{TABLES}/{FAILURES.name}/{tables.part_name(slice_name, stage.name, stage.fingerprint)}"


def run_slices(
    sc: SparkContext,
    volume: Storage,
    stage: StageOutput,
    todo: Mapping[str, Any],
    rows_of: Callable[["RDD[Any]"], "RDD[TableRow]"],
    counter: PictureCounter,
) -> list[Done]:
    """Work through the slices, one partition each.

    Args:
        todo: for each slice's name what a task needs to find it; small, and sent to that task alone.
        rows_of: turns the RDD of these (one a partition) into rows of the stage's tables and of `failures`; it must not
            move rows between partitions.
        counter: for progress only.
    """
    outputs = dict.fromkeys(todo, (stage,))
    return run_outputs(sc, volume, outputs, todo, lambda tasks: rows_of(tasks).map(partial(_tagged, stage)), counter)


def _tagged(stage: StageOutput, row: TableRow) -> OutputRow:
    return stage.fingerprint, row


def run_outputs(
    sc: SparkContext,
    volume: Storage,
    outputs: Mapping[str, Sequence[StageOutput]],
    todo: Mapping[str, Any],
    rows_of: Callable[["RDD[Any]"], "RDD[OutputRow]"],
    counter: PictureCounter,
) -> list[Done]:
    """`run_slices` for several outputs at once: one for each slice and output.

    Args:
        outputs: what is to be made of each slice, at least one.
        rows_of: as for `run_slices`, each row with the fingerprint of its output.
    """
    if not todo:
        return []
    work = sc.broadcast([(name, tuple(outputs[name])) for name in todo])
    rows = rows_of(sc.parallelize(list(todo.values()), len(todo)))
    return rows.mapPartitionsWithIndex(partial(_write_partition, volume, work, counter)).collect()


def _write_partition(
    volume: Storage,
    work: "Broadcast[list[tuple[str, tuple[StageOutput, ...]]]]",
    counter: PictureCounter,
    index: int,
    rows: Iterator[OutputRow],
) -> Iterator[Done]:
    name, outputs = work.value[index]
    done = write_outputs(volume, outputs, name, counter.watch(rows, name, partial(_is_picture, outputs[0])))
    counter.finished.add(done[0].parts[-1].rows + sum(done[0].failures.values()))
    yield from done


def _is_picture(stage: StageOutput, row: OutputRow) -> bool:
    """Whether a row is the last one about its picture in the first output."""
    return row[0] == stage.fingerprint and row[1][0] in (stage.contracts[-1].name, FAILURES.name)


def write_slice(volume: Storage, stage: StageOutput, slice_name: str, rows: Iterable[TableRow]) -> Done:
    """Store a slice's rows of one output; see `write_outputs`."""
    return write_outputs(volume, [stage], slice_name, (_tagged(stage, row) for row in rows))[0]


def write_outputs(
    volume: Storage, outputs: Sequence[StageOutput], slice_name: str, rows: Iterable[OutputRow]
) -> list[Done]:
    """Store a slice's rows as one part per output and table, a row group in memory at a time; `failures` only if there are any.

    Raises:
        KeyError: a row of a table that the stage does not write.
    """
    encoders = {
        (one.fingerprint, contract.name): parquet.Encoder(contract) for one in outputs for contract in one.tables
    }
    reasons = {one.fingerprint: Counter[str]() for one in outputs}
    for fingerprint, (table, row) in rows:
        encoders[fingerprint, table].add(row)
        if table == FAILURES.name:
            reasons[fingerprint][row["reason"]] += 1
    return [_write_output(volume, one, slice_name, encoders, reasons[one.fingerprint]) for one in outputs]


def _write_output(
    volume: Storage,
    stage: StageOutput,
    slice_name: str,
    encoders: Mapping[tuple[str, str], parquet.Encoder],
    reasons: Counter[str],
) -> Done:
    if not reasons:  # an attempt before this one may have had some, of a passing kind
        volume.delete(failures_key(stage, slice_name))
    parts = [
        tables.write_part(
            volume, contract, encoders[stage.fingerprint, contract.name], slice_name, stage.name, stage.fingerprint
        )
        for contract in stage.tables
        if contract != FAILURES or reasons
    ]
    return Done(parts, dict(reasons))


#: The columns of FAILURES that tell which file failed, for an item that is none.
NO_FILE: Mapping[str, Any] = {"size_bytes": -1, "mtime_ns": -1, "ctime_ns": -1, "inode": -1, "source_id": ""}


def failure_row(stage: str, item: str, reason: str, detail: str, file: Mapping[str, Any] = NO_FILE) -> TableRow:
    """A row of `failures`.

    Args:
        file: the columns of NO_FILE, others are ignored.
    """
    row = {"stage": stage, "item": item, "reason": reason, "detail": detail}
    return FAILURES.name, row | {name: file[name] for name in NO_FILE}


def publish(volume: Storage, snapshot: Snapshot, stage: StageOutput, work: WorkList, done: Iterable[Done]) -> Snapshot:
    """Make a stage's finished slices visible in one move; nothing is written when nothing changed."""
    fresh = [part for finished in [*work.adopted, *done] for part in finished.parts]
    parts = [*work.published, *fresh]
    mine = {contract.name: [part for part in parts if part.table == contract.name] for contract in stage.tables}
    if all(set(mine[contract.name]) == set(snapshot.parts(contract, stage.name)) for contract in stage.tables):
        return snapshot
    return tables.publish(volume, snapshot, stage.name, mine)
