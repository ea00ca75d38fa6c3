"""Profiles: from a person's opinions joined with labels to a row of PROFILES. Pure functions, for an RDD and for one person alone."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from shared.people.events import DISLIKE, LIKE, User

COLORS, TAGS = 5, 10
KINDS = {"orientation": ("landscape", "portrait", "square"), "size": ("thumbnail", "medium", "large")}
#: Columns of LABELS that say what a picture is like, for each kind of fact.
LABEL_COLUMNS = ("image_id", "filename", "orientation", "size_category", "color_names", "tags")

Row = dict[str, Any]
Opinion = tuple[str, float, Row | None]
"""(image_id, value, labels of the picture; None for one that is gone)."""


class Facts(NamedTuple):
    """What a person's opinions say of the person.

    Args:
        counts: kind (color, tag, orientation, size) -> value -> how many of the liked pictures have it.
        likes: file names of the liked pictures, by image_id.
        dislikes: file names of the disliked pictures, by image_id.
        removed: pictures that are gone.
    """

    counts: dict[str, Counter[str]]
    likes: list[str]
    dislikes: list[str]
    removed: int


def facts_of(opinions: Iterable[Opinion]) -> Facts:
    """Count a person's opinions, which are sorted by image_id; a word counts once a picture."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in ("color", "tag", "orientation", "size")}
    found = Facts(counts, [], [], 0)
    removed = 0
    for _, value, label in opinions:
        if label is None:
            removed += 1
        elif value <= DISLIKE:
            found.dislikes.append(label["filename"])
        elif value >= LIKE:
            found.likes.append(label["filename"])
            counts["color"].update(set(label["color_names"]))
            counts["tag"].update(set(label["tags"]))
            counts["orientation"][label["orientation"]] += 1
            counts["size"][label["size_category"]] += 1
    return found._replace(removed=removed)


def profile_of(user: User, facts: Facts) -> Row:
    """A row of PROFILES but for the cluster, which is -1."""
    n_likes = max(len(facts.likes), 1)
    colors, tags = (most_frequent(facts.counts[kind], n) for kind, n in (("color", COLORS), ("tag", TAGS)))
    shares = {kind: [facts.counts[kind][name] / n_likes for name in names] for kind, names in KINDS.items()}
    return {
        "user_id": user.user_id,
        "favorite_colors": [name for name, _ in colors],
        "favorite_color_shares": [n / n_likes for _, n in colors],
        "favorite_orientation": favorite(facts.counts["orientation"]),
        "orientation_shares": shares["orientation"],
        "favorite_size": favorite(facts.counts["size"]),
        "size_shares": shares["size"],
        "favorite_tags": [name for name, _ in tags],
        "favorite_tag_shares": [n / n_likes for _, n in tags],
        "favorite_images": facts.likes,
        "dislikes": facts.dislikes,
        "removed": facts.removed,
        "cluster": -1,
        "source": user.source,
        "family": user.family,
        "seed": user.seed,
    }


def most_frequent(counts: dict[str, int], n: int) -> list[tuple[str, int]]:
    """The n most frequent values with their counts; equals by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]


def favorite(counts: dict[str, int]) -> str:
    """The most frequent value; empty for none."""
    return next((name for name, _ in most_frequent(counts, 1)), "")


def to_record(profile: Row) -> Row:
    """A profile as users.json has it: the six fields that were agreed on first, then everything else."""
    agreed = ("user_id", "favorite_colors", "favorite_orientation", "favorite_size", "favorite_tags", "favorite_images")
    shares = {
        "color_shares": [round(share, 4) for share in profile["favorite_color_shares"]],
        "tag_shares": [round(share, 4) for share in profile["favorite_tag_shares"]],
        "orientation_shares": named(KINDS["orientation"], profile["orientation_shares"]),
        "size_shares": named(KINDS["size"], profile["size_shares"]),
    }
    others = {name: profile[name] for name in ("dislikes", "removed", "cluster", "source", "family", "seed")}
    return {**{name: profile[name] for name in agreed}, **shares, **others}


def named(names: Iterable[str], shares: Iterable[float]) -> dict[str, float]:
    """Shares by name."""
    return {name: round(share, 4) for name, share in zip(names, shares, strict=True)}
