"""Profiles and patterns of people, as pure functions."""

from typing import Any

import numpy as np
import pytest

from labeling.people.patterns import cluster_people, similar_pairs, taste_vectors
from labeling.people.snapshot import by_person
from shared.people.profile import facts_of, profile_of, to_record

WHO = {"user_source": "command", "family": "", "seed": -1}


def like(
    image_id: str, value: float, label: dict[str, Any] | None
) -> tuple[str, tuple[dict[str, Any], dict[str, Any] | None]]:
    return image_id, ({"user_id": "Ada", "value": value, **WHO}, label)


def label(name: str, *colors: str, orientation: str = "landscape") -> dict[str, Any]:
    return {
        "filename": name,
        "color_names": list(colors),
        "tags": ["sea"],
        "orientation": orientation,
        "size_category": "large",
    }


def profile(likes: list[Any]) -> dict[str, Any]:
    counts: dict[Any, int] = {}
    for one in likes:
        for fact, n in facts_of(one):
            counts[fact] = counts.get(fact, 0) + n
    return profile_of(("Ada", [(kind, value, n) for (_, kind, value), n in counts.items()]))


def test_a_profile_counts_each_word_once_a_picture_and_leaves_out_dislikes() -> None:
    found = to_record(
        profile(
            [
                like("1", 1, label("a.jpg", "blue", "blue", "red")),
                like("2", 0.5, label("b.jpg", "blue", orientation="portrait")),
                like("3", 1, label("c.jpg", "green", "blue")),
                like("4", -1, label("d.jpg", "black")),
                like("5", 0, label("e.jpg", "white")),
                like("6", 1, None),
            ]
        )
    )
    assert found["favorite_colors"] == ["blue", "green", "red"]
    assert found["color_shares"] == [1, 0.3333, 0.3333]
    assert (found["favorite_orientation"], found["favorite_size"], found["favorite_tags"]) == (
        "landscape",
        "large",
        ["sea"],
    )
    assert (found["favorite_images"], found["dislikes"], found["removed"]) == (
        ["a.jpg", "b.jpg", "c.jpg"],
        ["d.jpg"],
        1,
    )
    assert found["orientation_shares"] == {"landscape": 0.6667, "portrait": 0.3333, "square": 0}


def test_a_profile_of_dislikes_alone_is_empty() -> None:
    found = profile([like("4", -1, label("d.jpg", "black"))])
    assert (found["favorite_colors"], found["favorite_orientation"], found["favorite_images"]) == ([], "", [])


def people(*colors: str) -> list[dict[str, Any]]:
    return [
        profile([like("1", 1, label("a.jpg", color)), like("2", 1, label("b.jpg", color))]) | {"user_id": str(number)}
        for number, color in enumerate(colors)
    ]


def test_people_with_the_same_colours_are_one_cluster() -> None:
    found = cluster_people(taste_vectors(people("red", "blue", "red", "blue", "red")))
    assert found.k == 2
    assert len(set(found.of_user[::2])) == len(set(found.of_user[1::2])) == 1
    assert found.of_user[0] != found.of_user[1]
    assert found.silhouettes[2] == pytest.approx(1)


def test_people_without_likes_are_in_no_cluster() -> None:
    assert cluster_people(np.zeros((2, 3))).of_user == [-1, -1]
    assert cluster_people(taste_vectors(people("red"))).of_user == [0]


def test_the_most_similar_pairs_come_first() -> None:
    profiles = people("red", "blue", "red")
    pairs = similar_pairs(["0", "1", "2"], taste_vectors(profiles))
    assert pairs[0] == ("0", "2", 1.0)
    assert pairs[1][2] < 1


def test_a_part_ends_with_a_whole_person() -> None:
    rows = [{"user_id": user} for user in "aaabbc"]
    assert [[row["user_id"] for row in part] for part in by_person(rows, 2)] == [["a", "a", "a"], ["b", "b"], ["c"]]
