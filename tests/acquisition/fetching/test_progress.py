"""What the user reads of downloads."""

import pytest

from acquisition.fetching.progress import hints, host_line, host_lines, nothing_line, source_line
from acquisition.fetching.task import HostCounts
from acquisition.safeguard import refuse_loss
from shared.errors import CannotProceedError


def test_a_line_for_each_of_the_largest_hosts_and_one_for_the_others() -> None:
    counts = [HostCounts(f"h{number}", {"ok": 10 - number, "gone": 1}, "") for number in range(7)]
    lines = host_lines([*counts, HostCounts("h0", {"transient": 2}, "Retry-After 9 s")])
    assert lines[0] == "h0: listed 13, fetched 10, refused 1, not now 2; waiting: Retry-After 9 s"
    assert lines[1] == "h1: listed 10, fetched 9, refused 1"
    assert lines[5:] == ["2 other hosts: listed 11, fetched 9, refused 2"]
    assert host_line("h", 5, {}, "robots.txt") == "h: listed 5, fetched 0, refused 0; waiting: robots.txt"


def test_a_line_for_the_source() -> None:
    line = source_line("flickr:sea", {"ok": 3, "not_modified": 1, "gone": 2}, {"no_address": 4})
    assert line == "flickr:sea: listed 6 = stored 4 + gone 2 (not listed: no_address 4)"


@pytest.mark.parametrize(
    ("found", "refused", "line"),
    [
        ({}, {}, "found no pictures in s"),
        ({"gone": 60, "refused_license": 6}, {}, "nothing could be fetched of s: gone 60, refused_license 6"),
        ({}, {"missing": 2}, "nothing could be fetched of s: missing 2"),
        (
            {"refused_license": 6, "gone": 1},
            {},
            "nothing could be fetched of s: refused_license 6, gone 1; `--licenses any` takes pictures of unknown "
            "licence, and you answer for the rights",
        ),
    ],
)
def test_why_nothing_is_stored_begins_with_the_most_frequent_reason(
    found: dict[str, int], refused: dict[str, int], line: str
) -> None:
    assert nothing_line("s", found, refused) == line


def test_what_may_be_done_about_what_settings_leave_out() -> None:
    assert hints({"ok": 3, "gone": 1}, is_scaled=True) == []
    assert hints({"too_small": 3}, is_scaled=False) == [
        "3 pictures are left out because they are smaller than --min-side"
    ]
    license_hint, size_hint = hints({"too_small": 3, "refused_license": 1}, is_scaled=True)
    assert "`--licenses any` takes them all" in license_hint
    assert size_hint.endswith("smaller than --min-side; larger copies may come with --width or --original")


def test_a_source_of_the_web_has_no_disk() -> None:
    with pytest.raises(
        CannotProceedError, match=r"^3 of 3 pictures of flickr:sea are .* more; Nothing was changed; to"
    ):
        refuse_loss("flickr:sea", 3, 3, 0)
    with pytest.raises(CannotProceedError, match=r"is its disk mounted\? Nothing was changed"):
        refuse_loss("/pictures", 3, 3, 0)
