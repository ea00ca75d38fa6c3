"""What is asked for and what is published, from all that is known of a record; and listings page by page."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acquisition.fetching.journal import Journal
from acquisition.fetching.listing import candidate_row, list_candidates
from acquisition.fetching.picture import Ask, result_row
from acquisition.fetching.plan import Known, Wishes, ask_of, fetches_row, merge
from acquisition.sources.web.protocol import (
    Candidate,
    Client,
    CursorExpiredError,
    ListingError,
    Page,
    Service,
    WebSettings,
)
from shared.licenses import parse_policy
from shared.secret import Secret
from shared.storage import LocalStorage
from shared.tables import parquet
from shared.tables.contracts import CANDIDATES, FETCHES, OUTCOMES

STARTED = datetime(2026, 1, 2, tzinfo=UTC)
BEFORE, AFTER = STARTED - timedelta(days=1), STARTED + timedelta(seconds=1)
WISHES = Wishes("demo:cats", "demo", parse_policy("open"), 0, 5, STARTED)
URL = "https://example.org/a.jpg"


class Pages:
    """A listing of three pages of two pictures."""

    def __init__(self, fails_at: str = "", expires_at: str = "") -> None:
        self.tracking_headers: dict[str, Secret] = {}
        self.fails_at, self.expires_at = fails_at, expires_at
        self.asked: list[str | None] = []

    def list(self, cursor: str | None) -> Page:
        self.asked.append(cursor)
        if cursor == self.fails_at:
            raise ListingError("the quota is used up")
        if cursor == self.expires_at:
            self.expires_at = ""
            raise CursorExpiredError
        number = int(cursor or 0)
        found = [Candidate(f"{number}{letter}", f"https://h/{number}{letter}", license="CC0") for letter in "ab"]
        return Page(found, str(number + 1) if number < 2 else None, 6, {"premium": 1})


def attribute(candidate: Candidate, license_id: str) -> str:
    return f"{candidate.title} under {license_id}"


def open_pages(_: str, __: WebSettings, ___: Client) -> Pages:
    return Pages()


DEMO = Service("demo", "WORDS", open_pages, attribute)


def candidate(**values: Any) -> Known:
    made = Candidate(**{"record": "a", "url": URL, "license": "CC BY 4.0", **values})
    return Known(CANDIDATES.name, (0, 0), candidate_row(DEMO, made))


def outcome(kind: str, at: datetime = BEFORE, **values: Any) -> Known:
    columns = {"sha256": "ab" * 32, "key": "images/ab/ab.jpg", "size_bytes": 7, "etag": '"1"'} if kind == "ok" else {}
    record = "a", values.pop("url", URL)
    return Known(OUTCOMES.name, (0, 0), result_row(record, at, outcome=kind, **{**columns, **values}))


def ask(*known: Known, wishes: Wishes = WISHES, is_there: bool = True) -> Ask | None:
    (record,) = merge(known)
    return ask_of(wishes, lambda _: is_there, record)


def row(*known: Known, wishes: Wishes = WISHES) -> dict[str, Any]:
    (record,) = merge(known)
    found = fetches_row(wishes, record)
    assert found is not None
    assert set(found) == set(FETCHES.schema.names)
    return found


def test_what_is_new_is_asked_for() -> None:
    assert ask(candidate(sha1="AB" * 20)) == Ask(URL, (("a", URL),), declared="sha1:" + "ab" * 20)


@pytest.mark.parametrize("kind", ["ok", "gone", "not_image", "ssl", "refused_robots", "hash_mismatch"])
def test_what_has_a_final_outcome_is_not_asked_for(kind: str) -> None:
    assert ask(candidate(), outcome(kind)) is None


def test_a_stored_picture_whose_file_is_gone_is_asked_for_unless_it_was_taken_out() -> None:
    assert ask(candidate(), outcome("ok"), is_there=False) is not None
    removed = WISHES._replace(removed=frozenset({"ab" * 16}))
    assert ask(candidate(), outcome("ok"), wishes=removed, is_there=False) is None


def test_what_could_not_be_had_is_asked_for_in_the_next_run_and_not_for_ever() -> None:
    assert ask(candidate(), outcome("transient", tries=4)) == Ask(URL, (("a", URL),), tries=4)
    assert ask(candidate(), outcome("transient", tries=5)) is None
    assert ask(candidate(), outcome("transient", AFTER, tries=1)) is None


def test_a_refresh_asks_whether_a_stored_picture_has_changed() -> None:
    again = ask(candidate(), outcome("ok"), wishes=WISHES._replace(is_refresh=True))
    assert again is not None
    assert again.stored is not None
    assert (again.etag, again.stored.key) == ('"1"', "images/ab/ab.jpg")
    assert (
        ask(candidate(), outcome("ok"), outcome("not_modified", AFTER), wishes=WISHES._replace(is_refresh=True)) is None
    )


def test_another_width_is_asked_for_and_the_old_one_described_until_it_is_there() -> None:
    stored = Known(FETCHES.name, (1 << 32, 0), row(candidate(width_px=330), outcome("ok")))
    wide = candidate(width_px=960, url="https://example.org/wide.jpg")
    assert ask(stored, candidate(width_px=960)) is None  # the same bytes, described otherwise
    assert ask(stored, candidate(width_px=330, url="https://other/a.jpg")) is None
    found = ask(stored, wide)
    assert found is not None
    assert (found.url, found.stored) == ("https://example.org/wide.jpg", None)
    failed, had = (outcome(kind, AFTER, url="https://example.org/wide.jpg") for kind in ("transient", "ok"))
    assert row(stored, wide, failed)["width_px"] == 330
    assert ask(stored, wide, had) is None
    assert row(stored, wide, had)["width_px"] == 960
    removed = WISHES._replace(removed=frozenset({"ab" * 16}))
    assert ask(stored, wide, wishes=removed) is None


@pytest.mark.parametrize("kind", ["gone", "not_image", "refused_robots"])
def test_a_stored_picture_stays_where_there_is_none_of_another_width(kind: str) -> None:
    stored = Known(FETCHES.name, (1 << 32, 0), row(candidate(width_px=330), outcome("ok")))
    wide = candidate(width_px=960, url="https://example.org/wide.jpg")
    failed = outcome(kind, AFTER, url="https://example.org/wide.jpg", detail="no")
    assert ask(stored, wide, failed) is None
    found = row(stored, wide, failed)
    assert (found["outcome"], found["url"], found["width_px"]) == ("ok", URL, 330)
    assert found["detail"] == f"kept in its old size, for there is none at https://example.org/wide.jpg: {kind} (no)"
    later = Known(FETCHES.name, (1 << 32, 0), found)
    assert ask(later, wide) is None
    assert ask(later, candidate(width_px=500, url="https://example.org/middle.jpg")) is not None
    assert row(later, candidate(width_px=330))["width_px"] == 330
    refresh = WISHES._replace(is_refresh=True)
    assert ask(later, wide, wishes=refresh) is None  # asked in this run
    assert ask(later, wide, wishes=refresh._replace(started=AFTER + timedelta(days=1))) == Ask(
        "https://example.org/wide.jpg", (("a", "https://example.org/wide.jpg"),)
    )


def test_what_was_refused_is_asked_for_at_another_address() -> None:
    gone = Known(FETCHES.name, (1 << 32, 0), row(candidate(width_px=330), outcome("gone")))
    assert ask(gone, candidate(width_px=330, url="https://other/a.jpg")) is None
    assert ask(gone, candidate(width_px=960, url="https://example.org/wide.jpg")) is not None


def test_a_passing_failure_replaces_nothing_final() -> None:
    assert row(candidate(), outcome("ok"), outcome("transient", AFTER))["outcome"] == "ok"
    assert row(candidate(), outcome("transient"), outcome("ok", AFTER))["outcome"] == "ok"
    assert row(candidate(), outcome("ok"), outcome("gone", AFTER))["outcome"] == "gone"


def test_a_redirect_to_the_host_of_another_task_is_followed_in_the_next_round() -> None:
    moved = outcome("redirected", final_url="https://other/b.jpg", detail="https://h/1\nhttps://h/2")
    found = ask(candidate(), moved)
    assert found is not None
    assert (found.url, found.hops) == ("https://other/b.jpg", ("https://h/1", "https://h/2"))
    assert ask(candidate(), moved, outcome("ok", AFTER)) is None


@pytest.mark.parametrize(
    ("values", "wishes", "kind"),
    [
        ({"license": "CC BY-NC 4.0"}, WISHES, "refused_license"),
        ({"license": ""}, WISHES, "refused_license"),
        ({"width_px": 90, "height_px": 300}, WISHES._replace(min_side_px=100), "too_small"),
        ({"url": "ftp://h/a"}, WISHES, "bad_address"),
    ],
)
def test_what_the_user_does_not_want_is_not_asked_for(values: dict[str, Any], wishes: Wishes, kind: str) -> None:
    assert ask(candidate(**values), wishes=wishes) is None
    assert row(candidate(**values), wishes=wishes)["outcome"] == kind


def test_a_change_of_mind_about_licences_counts() -> None:
    refused = row(candidate(license="CC BY-NC 4.0"))
    stored = Known(FETCHES.name, (1 << 32, 0), refused)
    assert ask(stored) is None
    assert ask(stored, wishes=WISHES._replace(policy=parse_policy("any"))) is not None


def test_a_list_of_ones_own_says_what_stays() -> None:
    stored = Known(FETCHES.name, (1 << 32, 0), row(candidate(), outcome("ok")))
    (record,) = merge([stored])
    assert fetches_row(WISHES, record) is not None
    assert fetches_row(WISHES._replace(is_authoritative=True), record) is None
    assert list(merge([outcome("ok")])) == []


def test_the_licence_is_identified_and_the_credit_composed() -> None:
    found = candidate(title="Sea\x00", license="", license_code="cc-by-sa-3.0").row
    assert found["license_id"] == "CC-BY-SA-3.0"
    assert found["license_url"].startswith("https://creativecommons.org/licenses/by-sa/3.0")
    assert found["attribution"].endswith("under CC-BY-SA-3.0")
    assert candidate(license="All rights mine").row["license_id"] == "unknown"
    assert candidate(attribution="Photo by Kim").row["attribution"] == "Photo by Kim"


def test_half_a_character_of_a_service_stops_no_listing() -> None:
    half = "\ud83d"
    made = candidate(title=f"Sea {half}", author=half, url=f"{URL}?{half}", license_url=half, tags=(half,), record=half)
    assert (made.row["title"], made.row["author"], made.row["url"]) == ("Sea ?", "?", f"{URL}??")
    parquet.encode(CANDIDATES, [made.row]).finish()


def test_a_listing_goes_on_after_the_last_stored_page(volume: LocalStorage) -> None:
    journal = Journal.of(volume, "demo:cats")
    pages = Pages(fails_at="1")
    listed = list_candidates(journal, DEMO, pages, WISHES, 0)
    assert str(listed.error) == "the quota is used up"
    assert (listed.state.pages, listed.state.accepted) == (1, 2)
    again = Pages()
    listed = list_candidates(journal, DEMO, again, WISHES, 0)
    assert again.asked == ["1", "2"]
    assert (listed.state.is_complete, listed.state.accepted, listed.state.refused) == (True, 6, {"premium": 3})
    records = [one["record"] for key in journal.candidate_keys() for one in journal.read(key)]
    assert records == ["0a", "0b", "1a", "1b", "2a", "2b"]


def test_a_higher_limit_goes_on_where_the_lower_one_ended(volume: LocalStorage) -> None:
    journal, pages = Journal.of(volume, "demo:cats"), Pages()
    assert list_candidates(journal, DEMO, pages, WISHES, 3).state.accepted == 3
    assert pages.asked == [None, "1"]
    journal.clear(journal.state())
    assert list_candidates(journal, DEMO, pages, WISHES, 3).state.accepted == 3
    assert pages.asked == [None, "1"]
    assert list_candidates(journal, DEMO, pages, WISHES, 5).state.accepted == 5
    assert pages.asked == [None, "1", "1", "2"]


class Numbered(Pages):
    """A listing with a page for each of some licences; endless ones never say that a page is the last."""

    def __init__(self, stated: Sequence[str], *, is_endless: bool = False) -> None:
        super().__init__()
        self.stated, self.is_endless = stated, is_endless

    def list(self, cursor: str | None) -> Page:
        self.asked.append(cursor)
        number = int(cursor or 0)
        place = min(number, len(self.stated) - 1)
        is_last = place == number == len(self.stated) - 1 and not self.is_endless
        found = Candidate(str(place), f"{URL}?{place}", license=self.stated[place])
        return Page([found] if found.license else [], None if is_last else str(number + 1))


def test_pictures_behind_many_that_are_refused_are_listed(volume: LocalStorage) -> None:
    """Lists of addresses may have many thousands without a licence in front of the first with one."""
    listed = list_candidates(Journal.of(volume, "s"), DEMO, Numbered([*("unknown",) * 50, "CC0"]), WISHES, 0)
    assert (listed.state.is_complete, listed.state.pages, listed.state.accepted) == (True, 51, 1)


@pytest.mark.parametrize("last", ["", "CC0", "unknown"])
def test_a_service_that_never_ends_is_left_after_some_pages(volume: LocalStorage, last: str) -> None:
    pages = Numbered(["CC0", last], is_endless=True)
    assert not list_candidates(Journal.of(volume, "s"), DEMO, pages, WISHES, 0).state.is_complete
    assert len(pages.asked) < 30


def test_a_complete_listing_begins_again_once_it_is_published(volume: LocalStorage) -> None:
    journal, pages = Journal.of(volume, "demo:cats"), Pages()
    list_candidates(journal, DEMO, pages, WISHES, 0)
    list_candidates(journal, DEMO, pages, WISHES, 0)
    assert len(pages.asked) == 3
    journal.clear(journal.state())
    list_candidates(journal, DEMO, pages, WISHES, 0)
    assert len(pages.asked) == 6


def test_a_cursor_that_has_expired_begins_the_listing_again(volume: LocalStorage) -> None:
    journal, pages = Journal.of(volume, "demo:cats"), Pages(expires_at="2")
    assert list_candidates(journal, DEMO, pages, WISHES, 0).state.is_complete
    assert pages.asked == [None, "1", "2", None, "1", "2"]
