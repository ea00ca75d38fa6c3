"""Profiles: from likes joined with labels to a row of PROFILES. Pure functions, for an RDD and for one person alone."""

from collections.abc import Iterable, Iterator
from typing import Any

from shared.people.events import DISLIKE, LIKE

COLORS, TAGS = 5, 10
KINDS = {"orientation": ("landscape", "portrait", "square"), "size": ("thumbnail", "medium", "large")}

Row = dict[str, Any]
Counted = tuple[tuple[str, str, str], int]
"""((user_id, kind, value), how often)."""


def facts_of(joined: tuple[str, tuple[Row, Row | None]]) -> Iterator[Counted]:
    """What a like, joined with its picture's labels (None for a picture that is gone), says of the person; each fact counts 1."""
    image_id, (like, label) = joined
    user_id, value = like["user_id"], like["value"]
    yield (user_id, "user", f"{like['user_source']}\0{like['family']}\0{like['seed']}"), 1
    if label is None:
        yield (user_id, "removed", ""), 1
    elif value <= DISLIKE:
        yield (user_id, "dislike", f"{image_id}\0{label['filename']}"), 1
    elif value >= LIKE:
        yield (user_id, "like", f"{image_id}\0{label['filename']}"), 1
        yield (user_id, "orientation", label["orientation"]), 1
        yield (user_id, "size", label["size_category"]), 1
        yield from (((user_id, "color", name), 1) for name in set(label["color_names"]))
        yield from (((user_id, "tag", name), 1) for name in set(label["tags"]))


def by_user(counted: Counted) -> tuple[str, tuple[str, str, int]]:
    """A counted fact with its person as key."""
    (user_id, kind, value), n = counted
    return user_id, (kind, value, n)


def profile_of(person: tuple[str, Iterable[tuple[str, str, int]]]) -> Row:
    """A row of PROFILES but for the cluster, which is -1."""
    user_id, facts = person
    counts: dict[str, dict[str, int]] = {}
    for kind, value, n in facts:
        counts.setdefault(kind, {})[value] = n
    source, family, seed = next(iter(counts["user"])).split("\0")
    n_likes = len(counts.get("like", {}))
    colors, tags = (most_frequent(counts.get(kind, {}), n) for kind, n in (("color", COLORS), ("tag", TAGS)))
    shares = {
        kind: [counts.get(kind, {}).get(name, 0) / max(n_likes, 1) for name in names] for kind, names in KINDS.items()
    }
    return {
        "user_id": user_id,
        "favorite_colors": [name for name, _ in colors],
        "favorite_color_shares": [n / n_likes for _, n in colors],
        "favorite_orientation": favorite(counts.get("orientation", {})),
        "orientation_shares": shares["orientation"],
        "favorite_size": favorite(counts.get("size", {})),
        "size_shares": shares["size"],
        "favorite_tags": [name for name, _ in tags],
        "favorite_tag_shares": [n / n_likes for _, n in tags],
        "favorite_images": names_of(counts.get("like", {})),
        "dislikes": names_of(counts.get("dislike", {})),
        "removed": counts.get("removed", {}).get("", 0),
        "cluster": -1,
        "source": source,
        "family": family,
        "seed": int(seed),
    }


def most_frequent(counts: dict[str, int], n: int) -> list[tuple[str, int]]:
    """The n most frequent values with their counts; equals by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]


def favorite(counts: dict[str, int]) -> str:
    """The most frequent value; empty for none."""
    return next((name for name, _ in most_frequent(counts, 1)), "")


def names_of(pictures: dict[str, int]) -> list[str]:
    """File names of ``image_id NUL filename`` keys, by image_id."""
    return [key.split("\0", 1)[1] for key in sorted(pictures)]


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
