"""The store of tags by hand: the last word about a tag of a picture counts, and nothing of a forgotten person is left."""

from pathlib import Path

import pytest

from shared.errors import UsageError
from shared.people.tags import HandTag, TagStore, change_tags, check_tag, current_tags
from shared.storage import LocalStorage
from shared.tables.live import merged_tags


@pytest.fixture
def volume(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


def said(tag: str, *, is_removed: bool) -> dict[str, object]:
    return {"tag": tag, "is_removed": is_removed}


@pytest.mark.parametrize(
    ("source", "by_hand", "expected"),
    [
        ([], [], []),
        (["b", "a"], [], ["b", "a"]),
        (["b", "a"], [said("b", is_removed=True)], ["a"]),
        (["b"], [said("d", is_removed=False), said("c", is_removed=False)], ["b", "c", "d"]),
        (["b"], [said("b", is_removed=False)], ["b"]),
        (["b"], [said("x", is_removed=True)], ["b"]),
    ],
)
def test_tags_are_the_sources_without_what_was_taken_out_and_with_what_was_added(
    source: list[str], by_hand: list[dict[str, object]], expected: list[str]
) -> None:
    assert merged_tags(source, by_hand) == expected


def test_the_last_word_counts_and_says_who(volume: LocalStorage) -> None:
    store = TagStore(volume)
    assert (store.exists, store.revision(), store.all(), store.of_pictures(["1"])) == (False, 0, [], {})
    stored = {"1": ["cat"], "2": []}
    assert change_tags(volume, stored, ["sea", "cat"], [], "Ada") == ({"sea": ["1", "2"], "cat": ["2"]}, {})
    assert change_tags(volume, stored, [], ["sea", "dog"], "Bob") == ({}, {"sea": ["1", "2"]})
    assert current_tags(volume, stored) == {"1": ["cat"], "2": ["cat"]}
    assert [(one.image_id, one.tag, one.is_removed, one.user_id) for one in store.all()] == [
        ("1", "sea", True, "Bob"),
        ("2", "cat", False, "Ada"),
        ("2", "sea", True, "Bob"),
    ]
    assert store.revision() == 2
    assert change_tags(volume, stored, ["cat"], [], "Eve") == ({}, {})
    assert store.revision() == 2  # nothing was to be stored
    assert store.counts() == [("cat", 1)]


def test_a_forgotten_person_is_named_nowhere(volume: LocalStorage) -> None:
    store = TagStore(volume)
    store.record([HandTag("1", "sea", False, "Ada Lovelace", 1.0)])
    store.forget("Ada Lovelace")
    assert [one.user_id for one in store.all()] == [""]
    for path in (volume.root / "people").iterdir():
        assert b"Ada Lovelace" not in path.read_bytes()


@pytest.mark.parametrize("text", ["", "   ", "x" * 101, "a\x00b", "\ud800"])
def test_what_cannot_be_a_tag_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="tag: expected"):
        check_tag(text)


def test_tags_have_one_form() -> None:
    assert check_tag("  by\t the \n sea ") == "by the sea"
    assert check_tag("cafe\u0301") == "café"
