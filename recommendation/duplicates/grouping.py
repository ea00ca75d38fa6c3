"""From pairs of copies to groups, and which picture of a group to keep, with the reason."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from recommendation.duplicates.edges import Edge

#: Formats from the best to keep to the worst; others are in the middle.
FORMATS = ("RAW", "TIFF", "PSD", "PNG", "HEIF", "AVIF", "JPEG2000", "JPEG", "WEBP", "BMP", "GIF")
MUCH_LARGER, MUCH_SHARPER = 1.1, 1.1  # times
ORIGINAL, EXACT, COPY = "original", "exact", "near"

Decisions = Collection[frozenset[str]]
"""Pairs of pictures that somebody said are no duplicates."""
Facts = Mapping[str, Mapping[str, Any]]
"""Of each picture `width_px`, `height_px`, `format`, `sharpness`, `has_exif`, `size_bytes`, `filename`, `locations`."""


class Member(NamedTuple):
    """A picture of a group.

    Args:
        kind: what it is to the one to keep: `original` that one itself, else of KINDS.
        score: how sure that is, 0..1; 1 for the one to keep.
    """

    image_id: str
    kind: str
    score: float


class Group(NamedTuple):
    """Pictures that are copies of each other.

    Args:
        members: the one to keep first.
        reason: why that one.
    """

    members: tuple[Member, ...]
    reason: str


def groups_of(edges: Iterable[Edge], facts: Facts, decisions: Decisions) -> list[Group]:
    """The groups that pairs of copies make, without pairs that are none by decision; largest first."""
    pairs = [
        one
        for one in edges
        if frozenset((one.first, one.second)) not in decisions and one.first in facts and one.second in facts
    ]
    by_picture = defaultdict[str, list[Edge]](list)
    for one in pairs:
        by_picture[one.first].append(one)
        by_picture[one.second].append(one)
    found = [make_group(ids, by_picture, facts) for ids in components(pairs)]
    exact = {image_id for image_id, one in facts.items() if len(one["locations"]) > 1} - by_picture.keys()
    found += [Group((Member(one, ORIGINAL, 1.0),), "the same bytes everywhere") for one in exact]
    return sorted(found, key=lambda group: (-size_of(group, facts), group.members[0].image_id))


def size_of(group: Group, facts: Facts) -> int:
    """How many files a group has."""
    return sum(len(facts[one.image_id]["locations"]) for one in group.members)


def components(pairs: Iterable[Edge]) -> list[list[str]]:
    """Pictures that are connected by pairs; sorted lists of two and more."""
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        while parent.setdefault(one, one) != one:
            parent[one] = one = parent[parent[one]]
        return one

    for pair in pairs:
        left, right = sorted((root(pair.first), root(pair.second)))
        parent[right] = left
    found = defaultdict[str, list[str]](list)
    for one in sorted(parent):
        found[root(one)].append(one)
    return list(found.values())


def make_group(ids: Sequence[str], edges: Mapping[str, Sequence[Edge]], facts: Facts) -> Group:
    """The group of some pictures."""
    lesser = {loser for image_id in ids for one in edges[image_id] for loser in [loser_of(one)] if loser}
    ranked = sorted(
        ids, key=lambda one: (one in lesser, *(-value for value in merits(facts[one])), facts[one]["filename"], one)
    )
    best = ranked[0]
    members = [Member(best, ORIGINAL, 1.0), *(relation(one, best, edges) for one in ranked[1:])]
    return Group(tuple(members), reason_of(best, ranked[1:], lesser, facts))


def loser_of(edge: Edge) -> str | None:
    """The picture of a pair that is less: the part that was cut out, or what has a frame added; None: neither."""
    if not edge.is_part:
        return None
    whole, part = (edge.first, edge.second) if edge.is_part > 0 else (edge.second, edge.first)
    return whole if edge.kind == "framed" else part


def relation(image_id: str, best: str, edges: Mapping[str, Sequence[Edge]]) -> Member:
    """What a picture is to the one to keep: as they were compared, or as its surest copy was."""
    own = edges[image_id]
    direct = [one for one in own if best in (one.first, one.second)]
    one = direct[0] if direct else max(own, key=lambda one: one.score)
    return Member(image_id, one.kind, round(min(1.0, one.score), 4))


def merits(fact: Mapping[str, Any]) -> tuple[float, ...]:
    """What speaks for keeping a picture, the most important first."""
    place = FORMATS.index(fact["format"]) if fact["format"] in FORMATS else len(FORMATS) // 2
    return fact["width_px"] * fact["height_px"], -place, fact["has_exif"], fact["size_bytes"], fact["sharpness"]


def reason_of(best: str, others: Sequence[str], lesser: Collection[str], facts: Facts) -> str:
    """Why a picture is the one to keep, from the first merit that the others lack."""
    mine = facts[best]
    if best not in lesser and all(one in lesser for one in others):
        return "the whole picture, without a frame"
    pixels = [facts[one]["width_px"] * facts[one]["height_px"] for one in others]
    if mine["width_px"] * mine["height_px"] > max(pixels):
        return f"the largest: {mine['width_px']} x {mine['height_px']} px"
    if all(merits(mine)[1] > merits(facts[one])[1] for one in others):
        return f"the better format: {mine['format']}"
    if mine["has_exif"] and not any(facts[one]["has_exif"] for one in others):
        return "it has the camera's EXIF data"
    if mine["size_bytes"] >= MUCH_LARGER * max(facts[one]["size_bytes"] for one in others):
        return "the least compressed"
    if all(mine["sharpness"] >= MUCH_SHARPER * facts[one]["sharpness"] for one in others):
        return "the sharpest"
    return "as good as the others; the first by its merits and name"
