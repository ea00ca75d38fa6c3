"""Profiles and patterns of people, as pure functions."""

from typing import Any

import numpy as np
import pytest

from labeling.people import patterns
from labeling.people.patterns import (
    Clusters,
    Pair,
    Words,
    best_pairs,
    find_clusters,
    similar_pairs,
    taste_vector,
    tastes_of,
    totals_of,
    with_cluster,
    words_of,
)
from labeling.people.snapshot import by_person
from shared.people.events import Event, User
from shared.people.profile import Opinion, facts_of, profile_of, to_record

ADA = User("Ada", "command")


def label(name: str, *colors: str, orientation: str = "landscape") -> dict[str, Any]:
    return {
        "filename": name,
        "color_names": list(colors),
        "tags": ["sea"],
        "orientation": orientation,
        "size_category": "large",
    }


def profile(opinions: list[Opinion], user_id: str = "Ada") -> dict[str, Any]:
    return profile_of(ADA._replace(user_id=user_id), facts_of(opinions))


def test_a_profile_counts_each_word_once_a_picture_and_leaves_out_dislikes() -> None:
    found = to_record(
        profile(
            [
                ("1", 1, label("a.jpg", "blue", "blue", "red")),
                ("2", 0.5, label("b.jpg", "blue", orientation="portrait")),
                ("3", 1, label("c.jpg", "green", "blue")),
                ("4", -1, label("d.jpg", "black")),
                ("5", 0, label("e.jpg", "white")),
                ("6", 1, None),
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
    found = profile([("4", -1, label("d.jpg", "black"))])
    assert (found["favorite_colors"], found["favorite_orientation"], found["favorite_images"]) == ([], "", [])


def people(*colors: str) -> list[dict[str, Any]]:
    return [
        profile([("1", 1, label("a.jpg", color)), ("2", 1, label("b.jpg", color))], str(number))
        for number, color in enumerate(colors)
    ]


def axes(profiles: list[dict[str, Any]]) -> Words:
    counted = [(("colors", word), 1) for one in profiles for word in one["favorite_colors"]]
    return words_of({"colors": sorted(set(counted)), "tags": [(("tags", "sea"), len(profiles))]})


def clusters_of(profiles: list[dict[str, Any]]) -> tuple[list[int], Clusters]:
    words = axes(profiles)
    clusters = find_clusters(list(tastes_of(words, profiles)))
    return [row["cluster"] for row in with_cluster(words, clusters, profiles)], clusters


def test_people_with_the_same_colours_are_one_cluster() -> None:
    numbers, clusters = clusters_of(people("red", "blue", "red", "blue", "red"))
    assert len(clusters.centres) == 2
    assert len(set(numbers[::2])) == len(set(numbers[1::2])) == 1
    assert numbers[0] != numbers[1]
    assert clusters.silhouettes[2] == pytest.approx(1)


def test_people_without_likes_are_in_no_cluster() -> None:
    assert clusters_of([profile([])])[0] == [-1]
    assert clusters_of([*people("red"), profile([])])[0] == [0, -1]


def vectors_of(profiles: list[dict[str, Any]]) -> Any:
    words = axes(profiles)
    return np.array([taste_vector(words, one) for one in profiles])


def test_the_most_similar_pairs_come_first() -> None:
    pairs = similar_pairs(["0", "1", "2"], vectors_of(people("red", "blue", "red")), 0)
    assert pairs[0] == (-1.0, "0", "2")
    assert [pair[1:] for pair in pairs[1:]] == [("0", "1"), ("1", "2")]
    assert all(-1 < pair[0] < 0 for pair in pairs[1:])


def test_pairs_found_in_strips_are_those_of_all_cosines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "STRIP", 7)
    random = np.random.default_rng(3)
    vectors = random.integers(0, 3, (60, 4)).astype(np.float32) + 0.1
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = [f"{number:02d}" for number in range(60)]
    found: list[Pair] = []
    for start in range(0, 60, 7):
        found = best_pairs(found, similar_pairs(names, vectors, start))
    cosines = np.round(vectors @ vectors.T, 4)
    every = sorted(
        (-float(cosines[one, other]), names[one], names[other]) for other in range(60) for one in range(other)
    )
    assert [(one, other) for _, one, other in found] == [(one, other) for _, one, other in every[:20]]


def test_totals_count_likes_people_and_favourite_words() -> None:
    facts = facts_of(
        [("1", 1, label("a.jpg", "red")), ("2", 1, label("b.jpg", "red", "blue")), ("3", -1, label("c.jpg"))]
    )
    totals = dict(totals_of([(profile_of(ADA, facts), facts)] * 2))
    assert totals["color", "red"] == totals["tag", "sea"] == totals["likes", ""] == 4
    assert totals["color", "blue"] == totals["colors", "red"] == totals["people", ""] == 2


def test_a_part_ends_with_a_whole_person() -> None:
    opinions = [(Event(user, str(number), 1, 1, ""), User(user, "")) for number, user in enumerate("aaabbc")]
    assert [[event.user_id for event, _ in part] for part in by_person(opinions, 2)] == [list("aaa"), list("bb"), ["c"]]
