"""What a stage did: the counts that must add up, and the row of `runs` that keeps it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from shared import tables
from shared.pipeline.slices import Done, StageOutput, WorkList
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Snapshot, orphans, presence
from shared.tables.contracts import RUNS, Contract

KEPT_RUNS = 100  # per stage, and one for each source; a row is 200 bytes and the table is rewritten at each run


class StageCounts(NamedTuple):
    """Where every entry of a stage ended. ``listed = done + skipped + failed`` always holds.

    Args:
        failed: how many for each reason.
        note: what else a person should know, e.g. how many were duplicates.
        source_id: the source that the stage read, empty for stages that read tables.
        removed: pictures that left the collection.
    """

    stage: str
    fingerprint: str
    listed: int
    done: int
    skipped: int
    failed: dict[str, int]
    note: str = ""
    source_id: str = ""
    removed: int = 0

    @property
    def n_failed(self) -> int:
        """All failures together."""
        return sum(self.failed.values())

    def __str__(self) -> str:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(self.failed.items()))
        counts = f"listed {self.listed} = done {self.done} + skipped {self.skipped} + failed {self.n_failed}"
        extras = "; ".join(text for text in (reasons, self.note) if text)
        return f"{self.stage}: {counts}" + (f" ({extras})" if extras else "")


def checked(counts: StageCounts) -> StageCounts:
    """The same, if it adds up.

    Raises:
        RuntimeError: entries were lost or counted twice, which is a bug.
    """
    if counts.listed != counts.done + counts.skipped + counts.n_failed:
        raise RuntimeError(f"entries were lost or counted twice: {counts}")
    return counts


def count_slices(
    stage: StageOutput, pictures: Contract, snapshot: Snapshot, work: WorkList, done: Iterable[Done]
) -> StageCounts:
    """Count pictures of a stage that turns every row of `pictures` into one row of its last table or a failure."""
    fresh = [*work.adopted, *done]
    finished = {part.slice for part in work.published if part.table == stage.contracts[-1].name}
    failed = Counter[str]()
    for one in fresh:
        failed.update(one.failures)
    listed = snapshot.parts(pictures)
    return checked(
        StageCounts(
            stage=stage.name,
            fingerprint=stage.fingerprint,
            listed=sum(part.rows for part in listed),
            done=sum(part.rows for one in fresh for part in one.parts if part.table == stage.contracts[-1].name),
            skipped=sum(part.rows for part in listed if part.slice in finished),
            failed=dict(failed),
            note=f"{len(work.adopted)} slices taken over from an interrupted run" if work.adopted else "",
        )
    )


def together(counts: Sequence[StageCounts], fingerprint: str, note: str) -> StageCounts:
    """The counts of several outputs of one stage as one; each entry of each output counts."""
    if len(counts) == 1:
        return counts[0]
    failed = Counter[str]()
    for one in counts:
        failed.update(one.failed)
    listed, done, skipped = (sum(getattr(one, name) for one in counts) for name in ("listed", "done", "skipped"))
    notes = "; ".join([note, *(one.note for one in counts if one.note)])
    return checked(StageCounts(counts[0].stage, fingerprint, listed, done, skipped, dict(failed), notes))


def kept_runs(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last KEPT_RUNS rows, and the last one of each source."""
    latest = {row["source_id"]: number for number, row in enumerate(rows)}
    first = len(rows) - KEPT_RUNS
    return [row for number, row in enumerate(rows) if number >= first or latest[row["source_id"]] == number]


def record(volume: Storage, counts: StageCounts, started: datetime, seconds: float, master: str, cores: int) -> None:
    """Add a stage's run to the table `runs`."""
    snapshot = tables.open_snapshot(volume)
    row = {
        "stage": counts.stage,
        "started": started,
        "seconds": seconds,
        **{name: getattr(counts, name) for name in ("listed", "done", "skipped", "fingerprint", "source_id")},
        "failed": counts.n_failed,
        "master": master,
        "cores": cores,
    }
    parts = [part for part in snapshot.parts(RUNS, counts.stage) if presence.is_there(volume, part)]
    earlier = [old for part in parts for old in tables.read_rows(volume, part)]
    rows = kept_runs([*earlier, row])
    name = digest([str(old["started"]) for old in rows])[
        :16
    ]  # another name each time: a live part is never overwritten
    part = tables.write_part(volume, RUNS, rows, name, counts.stage, counts.fingerprint)
    published = tables.publish(volume, snapshot, counts.stage, {RUNS.name: [part]})
    orphans.sweep(volume, published, counts.stage, [RUNS])
