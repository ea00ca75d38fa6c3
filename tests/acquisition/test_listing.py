"""The listing is cut into slices that depend on nothing but the pictures."""

from itertools import accumulate, islice

import pytest

from acquisition import listing
from acquisition.sources.entries import Entry, Origin, make_entry
from acquisition.steps import STAGE
from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.tables import Snapshot
from shared.tables.contracts import FAILURES, LOCATIONS
from tests.rows import row


def entries(n: int) -> list[Entry]:
    return [make_entry("folder", f"/p/{number}.jpg", number, number, Origin()) for number in range(n)]


def test_slices_start_small_and_double_up_to_1024() -> None:
    sizes = list(islice(listing.slice_sizes(), 100))
    assert sizes[:17] == [32] * 16 + [64]
    assert sizes[80:] == [1024] * 20
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("n", [0, 31, 32, 511, 512, 20_000])
def test_a_row_belongs_to_the_slice_that_holds_its_position(n: int) -> None:
    ends = list(accumulate(islice(listing.slice_sizes(), 100)))
    assert listing.slice_number(n) == next(number for number, end in enumerate(ends) if n < end)


def test_entries_come_back_in_order(volume: LocalStorage) -> None:
    parts = listing.write_listing(volume, iter(entries(100)), STAGE, "base")
    assert [part.rows for part in parts] == [32, 32, 32, 4]
    back = [entry for part in parts for entry in listing.read_slice(volume, STAGE, part.slice)]
    assert back == entries(100)


def test_a_slice_has_another_name_once_anything_was_stored(volume: LocalStorage) -> None:
    first, same, later = (listing.write_slice(volume, 0, entries(2), STAGE, base) for base in ("a", "a", "b"))
    assert first == same
    assert first.slice != later.slice


def test_a_listing_file_that_is_gone_stops_the_run_with_advice(volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match="run the same command again"):
        listing.read_slice(volume, STAGE, "none")


def test_lasting_failures_are_known_and_passing_ones_are_not(volume: LocalStorage) -> None:
    failure = row(FAILURES, stage=STAGE.name, item="/p/1.jpg", reason="undecodable", size_bytes=1, mtime_ns=2)
    place = row(LOCATIONS, location="/p/2.jpg", size_bytes=3, mtime_ns=4)
    lasting = tables.write_part(volume, FAILURES, [failure], "s", STAGE.name, STAGE.fingerprint)
    passing = tables.write_part(volume, FAILURES, [failure], "s", STAGE.name, STAGE.fingerprint, transient=True)
    outdated = tables.write_part(volume, FAILURES, [failure], "s", STAGE.name, "0" * 64)
    read = tables.write_part(volume, LOCATIONS, [place], "s", STAGE.name, "0" * 64)
    snapshot = Snapshot({"failures": (lasting, passing, outdated), "locations": (read,)})
    known = listing.known_parts(snapshot, STAGE)
    assert known == [read, lasting]
    assert [identity for part in known for identity in listing.read_known(volume, part)] == [
        ("/p/2.jpg", 3, 4),
        ("/p/1.jpg", 1, 2),
    ]
