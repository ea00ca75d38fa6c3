"""The listing is cut into slices that depend on nothing but the pictures."""

from itertools import accumulate, islice

import pytest

from acquisition import listing
from acquisition.sources.entries import NO_ORIGIN, Entry, FileState, make_entry
from acquisition.steps import STAGE
from shared.errors import CannotProceedError
from shared.storage import LocalStorage


def entries(n: int) -> list[Entry]:
    return [
        make_entry("folder", f"/p/{number}.jpg", FileState(number, number, number, number), NO_ORIGIN)
        for number in range(n)
    ]


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
