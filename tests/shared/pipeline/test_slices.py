"""Slices: each is done once, whatever was interrupted before."""

from functools import partial

import pytest
from pyspark import RDD, SparkContext

from shared import tables
from shared.pipeline import runs, slices
from shared.pipeline.progress import PictureCounter
from shared.pipeline.slices import Done, StageOutput, TableRow, WorkList
from shared.storage import LocalStorage
from shared.tables.contracts import FAILURES, FEATURES, LABELS, TOTALS, Contract
from tests.rows import row

STAGE = StageOutput("labeling", "a" * 64, (TOTALS,))


def describe(name: str) -> list[TableRow]:
    """Three rows of a slice, and a failure if its name says so."""
    rows: list[TableRow] = [("totals", row(TOTALS, value=f"{name}{i}", pictures=i)) for i in range(3)]
    return [*rows, slices.failure_row("labeling", name, "not_finite", "NaN")] if "bad" in name else rows


def work(sc: SparkContext, volume: LocalStorage, todo: list[str]) -> list[Done]:
    def describe_all(names: "RDD[str]") -> "RDD[TableRow]":
        return names.flatMap(describe)

    return slices.run_slices(
        sc,
        volume,
        STAGE,
        {name: name for name in todo},
        describe_all,
        PictureCounter.of(sc, volume),
    )


@pytest.mark.spark
def test_a_stage_does_what_it_lacks_and_then_nothing(sc: SparkContext, volume: LocalStorage) -> None:
    empty = tables.Snapshot({})
    first = slices.work_list(sc, volume, empty, STAGE, ["b", "a", "bad"])
    assert first == WorkList([], [], ["a", "b", "bad"])
    snapshot = slices.publish(volume, empty, STAGE, first, work(sc, volume, first.todo))
    assert snapshot.rows(TOTALS) == 9
    [failures] = snapshot.parts(FAILURES)
    assert [row["reason"] for row in tables.read_rows(volume, failures)] == ["not_finite"]
    second = slices.work_list(sc, volume, snapshot, STAGE, ["a", "b", "bad", "new"])
    assert second.todo == ["new"]
    assert len(second.published) == 4
    assert slices.publish(volume, snapshot, STAGE, second, []) is snapshot


@pytest.mark.spark
def test_complete_slices_of_an_interrupted_run_are_taken_over(sc: SparkContext, volume: LocalStorage) -> None:
    [done] = work(sc, volume, ["bad"])
    again = slices.work_list(sc, volume, tables.Snapshot({}), STAGE, ["bad", "c"])
    assert again == WorkList([], [done], ["c"])


@pytest.mark.spark
def test_a_damaged_slice_of_an_interrupted_run_is_done_again(sc: SparkContext, volume: LocalStorage) -> None:
    [done] = work(sc, volume, ["a"])
    path = volume.local_path((done.parts[-1]).key)
    path.write_bytes(path.read_bytes()[:-10])
    assert slices.work_list(sc, volume, tables.Snapshot({}), STAGE, ["a"]).todo == ["a"]
    assert not path.exists()


@pytest.mark.spark
@pytest.mark.parametrize("table", [TOTALS, FAILURES])
def test_a_slice_that_lost_a_file_is_done_again_to_the_same_bytes(
    sc: SparkContext, volume: LocalStorage, table: Contract
) -> None:
    empty = tables.Snapshot({})
    first = slices.work_list(sc, volume, empty, STAGE, ["a", "bad"])
    snapshot = slices.publish(volume, empty, STAGE, first, work(sc, volume, first.todo))
    path = volume.local_path(next(part for part in snapshot.parts(table) if part.slice == "bad").key)
    data = path.read_bytes()
    path.unlink()
    again = slices.work_list(sc, volume, snapshot, STAGE, ["a", "bad"])
    assert again.todo == ["bad"]
    assert slices.publish(volume, snapshot, STAGE, again, work(sc, volume, again.todo)) is snapshot
    assert path.read_bytes() == data


@pytest.mark.spark
def test_other_settings_replace_the_output(sc: SparkContext, volume: LocalStorage) -> None:
    empty = tables.Snapshot({})
    first = slices.work_list(sc, volume, empty, STAGE, ["a"])
    snapshot = slices.publish(volume, empty, STAGE, first, work(sc, volume, ["a"]))
    changed = STAGE._replace(fingerprint="b" * 64)
    again = slices.work_list(sc, volume, snapshot, changed, ["a"])
    assert again == WorkList([], [], ["a"])
    done = slices.write_slice(volume, changed, "a", describe("a"))
    after = slices.publish(volume, snapshot, changed, again, [done])
    assert [part.fingerprint for part in after.parts(TOTALS)] == ["b" * 64]


@pytest.mark.spark
def test_a_task_that_runs_twice_leaves_one_part(sc: SparkContext, volume: LocalStorage) -> None:
    stored = [sc.parallelize(["a"], 1).map(partial(store, volume)).collect() for _ in range(2)]
    assert stored[0] == stored[1]
    assert len(list((volume.root / "tables/totals").iterdir())) == 1


def store(volume: LocalStorage, name: str) -> Done:
    return slices.write_slice(volume, STAGE, name, describe(name))


def test_a_slice_is_complete_only_with_its_last_table(volume: LocalStorage) -> None:
    stage = StageOutput("labeling", "a" * 64, (LABELS, FEATURES))
    tables.write_part(volume, LABELS, [], "a", "labeling", "a" * 64)
    assert slices.find_slice(volume, stage, "a") is None
    tables.write_part(volume, FEATURES, [], "a", "labeling", "a" * 64)
    assert slices.find_slice(volume, stage, "a") is not None


def test_a_row_of_a_foreign_table_is_a_bug(volume: LocalStorage) -> None:
    with pytest.raises(KeyError, match="labels"):
        slices.write_slice(volume, STAGE, "a", [("labels", {})])


def test_accounts_add_up_or_stop_the_run(volume: LocalStorage) -> None:
    done = slices.write_slice(volume, STAGE, "bad", describe("bad"))
    snapshot = tables.publish(
        volume, tables.Snapshot({}), "labeling", {FAILURES.name: [done.parts[0]], TOTALS.name: [done.parts[1]]}
    )
    with pytest.raises(RuntimeError, match="lost or counted twice"):
        runs.count_slices(STAGE, TOTALS, snapshot, WorkList([], [], ["bad"]), [done])


def test_an_account_reads_as_one_line() -> None:
    account = runs.StageCounts("acquisition", "f", 252, 246, 0, {"undecodable": 5, "empty_file": 1}, "6 duplicates")
    assert str(runs.checked(account)) == (
        "acquisition: listed 252 = done 246 + skipped 0 + failed 6 (empty_file 1, undecodable 5; 6 duplicates)"
    )


def test_a_slice_whose_failures_are_damaged_is_made_again(volume: LocalStorage) -> None:
    done = slices.write_slice(volume, STAGE, "bad", describe("bad"))
    assert slices.find_slice(volume, STAGE, "bad") == done
    path = volume.local_path(done.parts[0].key)
    path.write_bytes(path.read_bytes()[:-1])
    assert slices.find_slice(volume, STAGE, "bad") is None


def test_failures_of_an_attempt_that_was_killed_do_not_outlive_a_better_one(volume: LocalStorage) -> None:
    slices.write_slice(volume, STAGE, "bad", describe("bad"))
    better = slices.write_slice(volume, STAGE, "bad", describe("a"))
    assert slices.find_slice(volume, STAGE, "bad") == better
    assert [path.name for path in volume.root.rglob("*.parquet")] == [better.parts[0].name]
