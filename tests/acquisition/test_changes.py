"""What a new listing changes at one location, without Spark."""

from typing import Any

import pytest

from acquisition.changes import (
    ADDED,
    FAILURE,
    FRESH,
    GONE,
    NEW,
    PLACE,
    REMOVED,
    REPLACED,
    UPDATED,
    Scope,
    StoredRow,
    changes,
    decide,
    described,
    is_below,
    place_row,
)
from acquisition.listing import Listed
from acquisition.sources.entries import NO_ORIGIN, Entry, FileState, make_entry
from shared.tables import Part
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS
from tests.rows import row

STATE = FileState(10, 20, 30, 40)
SCOPE = Scope("/mine")
PLACES, FAILED, PICTURES = (
    Part(one.name, "s", "acquisition", "f" * 64, 1, 1, "0" * 64) for one in (LOCATIONS, FAILURES, IMAGES)
)


def entry(state: FileState = STATE, **values: Any) -> Entry:
    return make_entry("folder", "/p/a.jpg", state, NO_ORIGIN) | {"source_id": "/mine"} | values


def place(state: FileState = STATE, number: int = 0, **values: Any) -> StoredRow:
    return StoredRow(PLACES, number, place_row("a" * 32, entry(state)) | values)


def failure(state: FileState = STATE, is_final: bool = True, source_id: str = "/mine") -> StoredRow:
    stored = row(FAILURES, item="/p/a.jpg", source_id=source_id, **state._asdict())
    return StoredRow(FAILED, 0, stored, is_final)


def found(listed: Entry | None, *stored: StoredRow, scope: Scope = SCOPE) -> list[tuple[str, Any]]:
    return list(changes(scope, "/p/a.jpg", [*([] if listed is None else [Listed((0, 0), listed)]), *stored]))


def test_an_unchanged_file_changes_nothing() -> None:
    assert found(entry(), place()) == []


@pytest.mark.parametrize("position", range(4))
def test_a_file_with_another_state_is_read_again(position: int) -> None:
    changed = entry(FileState(*(value + (number == position) for number, value in enumerate(STATE))))
    assert found(changed, place()) == [(FRESH, ((0, 0), changed)), (REPLACED, ("/p/a.jpg", place()))]


def test_every_file_is_read_when_that_is_asked_for() -> None:
    kinds = [kind for kind, _ in found(entry(), place(), failure(), scope=Scope("/mine", reread=True))]
    assert kinds == [FRESH, REPLACED, FAILURE]


def test_a_place_from_before_sources_had_an_identity_is_claimed() -> None:
    old = place(STATE._replace(ctime_ns=-1, inode=-1), source_id="")
    assert found(entry(), old) == [(PLACE, (PLACES, (0, place().row)))]
    assert found(None, old) == []


def test_an_older_version_of_a_file_that_was_kept_before_goes() -> None:
    old = place(FileState(9, 9, -1, -1), number=3, source_id="")
    assert found(entry(), place(), old) == [(PLACE, (PLACES, (3, None)))]


def test_a_file_that_is_not_listed_any_more_is_gone_from_this_source_alone() -> None:
    other = place(number=1, source_id="/other")
    assert found(None, place(), other) == [(GONE, (PLACES, (0, None)))]


def test_what_could_not_be_listed_stays() -> None:
    assert found(None, place(), failure(), scope=Scope("/mine", unlisted=(b"/p",))) == []


def test_a_file_that_another_source_brought_is_not_read() -> None:
    assert found(entry(), place(source_id="/other")) == [(ADDED, place().row)]


@pytest.mark.parametrize(
    ("stored", "kinds"),
    [
        (failure(), []),
        (failure(is_final=False), [FRESH, FAILURE]),
        (failure(STATE._replace(ctime_ns=31)), [FRESH, FAILURE]),
        (failure(source_id=""), [FAILURE]),
        (failure(source_id="/other"), [FRESH]),
    ],
)
def test_a_failure_is_final_while_the_file_is_unchanged(stored: StoredRow, kinds: list[str]) -> None:
    assert [kind for kind, _ in found(entry(), stored)] == kinds


def test_a_file_that_could_not_be_looked_at_is_tried_again() -> None:
    assert [kind for kind, _ in found(entry(FileState()), place())] == [FRESH, REPLACED]


def test_a_file_whose_source_states_other_metadata_is_read_again() -> None:
    assert [kind for kind, _ in found(entry(stated="new"), place())] == [FRESH, REPLACED]


def test_what_the_file_itself_added_is_kept() -> None:
    assert found(entry(), place(title="from the file", tags=["a", "b"])) == []


def test_what_a_source_leaves_open_is_taken_from_another_one_that_lists_the_file() -> None:
    other = place(source_id="/other", title="Sea", license="CC0")
    ((kind, added),) = found(entry(license="CC-BY-4.0"), other)
    assert (kind, added["source_id"], added["title"], added["license"]) == (ADDED, "/mine", "Sea", "CC-BY-4.0")


@pytest.mark.parametrize(
    ("location", "answer"),
    [("/p/sub", True), ("/p/sub/a.jpg", True), ("/p/subway/a.jpg", False), ("file:///p/sub/caf%E9.jpg", True)],
)
def test_below_means_the_folder_and_what_is_in_it(location: str, answer: bool) -> None:
    assert is_below(location, [b"/p/sub"]) is answer


def test_files_come_before_links_and_then_the_smallest_location() -> None:
    places = [
        {"location": "/a", "is_link": True},
        {"location": "/c", "is_link": False},
        {"location": "/b", "is_link": False},
    ]
    found = [described(row(LOCATIONS, **one), "s") for one in places]
    assert list(decide(found)) == list(decide(reversed(found))) == [(NEW, ("s", "/b"))]


def test_a_picture_is_new_updated_removed_or_as_it_was() -> None:
    stored = StoredRow(PICTURES, 5, row(IMAGES, location="/p/a.jpg"))
    same = described(row(LOCATIONS, location="/p/a.jpg", source_id="/mine"))
    moved = described(row(LOCATIONS, location="/q/a.jpg", source_id="/mine"))
    unclaimed = described(row(LOCATIONS, location="/p/a.jpg", source_id="", title="not stored then"))
    assert list(decide([same, stored])) == list(decide([stored, unclaimed])) == []
    ((kind, (part, (number, values))),) = decide([moved, stored])
    assert (kind, part, number, values["location"]) == (UPDATED, PICTURES, 5, "/q/a.jpg")
    assert list(decide([stored])) == [(REMOVED, (PICTURES, (5, None)))]
    assert list(decide([moved._replace(slice="s")])) == [(NEW, ("s", "/q/a.jpg"))]
    assert list(decide([moved])) == []
