"""Charts of people, from their profiles: favourite colours, tastes side by side, groups with similar tastes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from labeling.charts import findings
from labeling.charts.chart import Chart
from labeling.charts.colors import Swatch, Swatches
from labeling.charts.tables import Groups, Matrix
from shared.people.profile import KINDS
from shared.pictures.color_names import COLOR_NAMES

MOST_PEOPLE, MOST_TAGS, MOST_WORDS = 12, 8, 3

Row = dict[str, Any]


class Group(NamedTuple):
    """People of a cluster, counted.

    Args:
        colors: sum of the shares of each favourite colour over the people.
        tags: the same of each favourite tag.
    """

    people: int
    colors: Mapping[str, float]
    tags: Mapping[str, float]


def group_of(profile: Row) -> tuple[int, Group]:
    """A person as a group of one, by cluster."""
    colors, tags = (
        dict(zip(profile[f"favorite_{name}s"], profile[f"favorite_{name}_shares"], strict=True))
        for name in ("color", "tag")
    )
    return profile["cluster"], Group(1, colors, tags)


def add_groups(one: Group, other: Group) -> Group:
    """Both counted together."""
    return Group(one.people + other.people, add_shares(one.colors, other.colors), add_shares(one.tags, other.tags))


def add_shares(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Sums by name, rounded so that their order does not matter."""
    return {name: round(one.get(name, 0.0) + other.get(name, 0.0), 6) for name in one.keys() | other.keys()}


def charts(people: Sequence[Row], n_people: int, groups: Mapping[int, Group]) -> Iterator[Chart]:
    """The charts of people with likes; those that would show nothing are left out.

    Args:
        people: rows of PROFILES, those with the most likes first, at most MOST_PEOPLE.
        n_people: with likes, all of them.
        groups: by number of the cluster.
    """
    if people:
        yield favorites(people, n_people)
    if len(people) > 1:
        yield side_by_side(people, n_people)
    if len(groups) > 1:
        yield clusters(groups)


def favorites(people: Sequence[Row], n_people: int) -> Chart:
    """Favourite colours of each person."""
    rows = [(one["user_id"], likes(one), swatches(favorite_colors(one))) for one in people]
    first = [one["favorite_colors"][0] for one in people if one["favorite_colors"]]
    often = min(set(first), key=lambda name: (-first.count(name), name)) if first else ""
    title = f"{often.capitalize()} is the first colour of {findings.in_words(first.count(often))} of {among(people, n_people)}"
    table = [(one["user_id"], ", ".join(one["favorite_colors"])) for one in people]
    return Chart("people_colors", title, "Share of the liked pictures that have the colour", Swatches(rows), table)


def side_by_side(people: Sequence[Row], n_people: int) -> Chart:
    """Shares of orientations, sizes and the most liked tags of each person."""
    tags = most_liked(people)
    columns = [*KINDS["orientation"], *KINDS["size"], *tags]
    shares = [
        [*one["orientation_shares"], *one["size_shares"], *(share_of(one, tag) for tag in tags)] for one in people
    ]
    groups = [size for size in (len(KINDS["orientation"]), len(KINDS["size"]), len(tags)) if size]
    names = [one["user_id"] for one in people]
    title = f"What {among(people, n_people)} like, side by side"
    if tags:
        best = [max(tags, key=lambda tag: share_of(one, tag)) for one in people]
        title = (
            f"{findings.in_words(len(set(best))).capitalize()} different favourite tags among {among(people, n_people)}"
        )
    table = [
        (name, ", ".join(f"{column} {share:.0%}" for column, share in zip(columns, row, strict=True) if share))
        for name, row in zip(names, shares, strict=True)
    ]
    return Chart(
        "people_tastes", title, "Percent of each person's likes", Matrix(names, columns, groups, shares), table
    )


def clusters(groups: Mapping[int, Group]) -> Chart:
    """Groups of people with what is typical of each."""
    n_people = sum(one.people for one in groups.values())
    ordered = sorted(groups.items(), key=lambda item: (-item[1].people, item[0]))
    rows = [
        (f"cluster {number}", one.people, swatches(typical(one.colors, one.people)), words(one))
        for number, one in ordered
    ]
    title = f"{n_people:,} people form {findings.in_words(len(groups))} groups of similar tastes"
    table = [(name, f"{people} people: {text}") for name, people, _, text in rows]
    return Chart(
        "people_groups", title, "KMeans of tastes; typical colours and tags of each group", Groups(rows), table
    )


def among(people: Sequence[Row], n_people: int) -> str:
    """How the shown people are called."""
    if len(people) == n_people:
        return f"{n_people:,} people" if n_people > 1 else "one person"
    return f"the {len(people)} people with the most likes of {n_people:,}"


def likes(one: Row) -> str:
    """How many likes a person has."""
    n = len(one["favorite_images"])
    return f"{n:,} like{'s' if n != 1 else ''}"


def favorite_colors(one: Row) -> list[tuple[str, float]]:
    """A person's favourite colours with their shares."""
    return list(zip(one["favorite_colors"], one["favorite_color_shares"], strict=True))


def swatches(shares: Sequence[tuple[str, float]]) -> list[Swatch]:
    """Named colours of shares."""
    return [Swatch(name, list(COLOR_NAMES[name]), round(share, 4)) for name, share in shares]


def typical(sums: Mapping[str, float], people: int, most: int = 5) -> list[tuple[str, float]]:
    """The largest sums as means over people."""
    return [(name, sums[name] / people) for name in sorted(sums, key=lambda name: (-sums[name], name))[:most]]


def words(one: Group) -> str:
    """What is typical of a group in words: its tags, else its colours."""
    return ", ".join(name for name, _ in typical(one.tags or one.colors, one.people, MOST_WORDS))


def share_of(one: Row, tag: str) -> float:
    """Share of a person's likes that have a tag; 0 where it is not among the favourite ones."""
    return float(dict(zip(one["favorite_tags"], one["favorite_tag_shares"], strict=True)).get(tag, 0))


def most_liked(people: Sequence[Row]) -> list[str]:
    """The tags that the people like most, of all together."""
    sums: dict[str, float] = {}
    for one in people:
        for tag, share in zip(one["favorite_tags"], one["favorite_tag_shares"], strict=True):
            sums[tag] = sums.get(tag, 0) + share
    return sorted(sums, key=lambda tag: (-round(sums[tag], 9), tag))[:MOST_TAGS]
