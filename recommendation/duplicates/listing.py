"""The groups of copies as commands and HTTP show them: the last run's pairs, without those that people say are none."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from recommendation.duplicates import edges
from recommendation.duplicates.facts import COLUMNS, Facts
from recommendation.duplicates.grouping import Group, groups_of
from recommendation.duplicates.verification import KINDS
from shared import tables
from shared.errors import CannotProceedError, UsageError
from shared.people.references import picture_ids
from shared.people.store import DecisionStore
from shared.storage import Storage
from shared.tables.contracts import DUPLICATES

MOST_PICTURES = 100  # of one decision
ALL_KINDS = ("exact", *KINDS)


class Groups(NamedTuple):
    """All groups, largest first, and what is known of their pictures."""

    groups: list[Group]
    facts: Facts

    def record(self, group: Group) -> dict[str, Any]:
        """A group as one object: the picture to keep first, with the reason."""
        files = [
            {
                "image_id": member.image_id,
                "location": location,
                "filename": filename,
                "kind": member.kind if number == 0 else "exact",
                "score": member.score,
                **{name: self.facts[member.image_id][name] for name in COLUMNS},
            }
            for member in group.members
            for number, (location, filename) in enumerate(self.facts[member.image_id]["locations"])
        ]
        return {"keep": group.members[0].image_id, "reason": group.reason, "files": files}

    def of_kind(self, kind: str) -> "Groups":
        """The groups with a copy of a kind."""
        chosen = [one for one in self.groups if kind in {file["kind"] for file in self.record(one)["files"]}]
        return self._replace(groups=chosen)


def read_groups(volume: Storage) -> Groups:
    """The groups of copies that the last run found, with the decisions that were made since.

    Raises:
        CannotProceedError: no run has looked for copies yet, or the table is damaged.
    """
    snapshot = tables.open_snapshot(volume)
    if DUPLICATES.name not in snapshot.tables:
        raise CannotProceedError("nothing has looked for copies yet; run `imagerec duplicates --refresh`")
    facts: Facts = {}
    for part in snapshot.parts(DUPLICATES):
        for row in tables.iterate_rows(volume, part, DUPLICATES.schema.names):
            known = facts.setdefault(row["image_id"], {**row, "locations": []})
            known["locations"].append((row["location"], row["filename"]))
    return Groups(groups_of(edges.read(volume).list(), facts, DecisionStore(volume).pairs()), facts)


def stamp(volume: Storage) -> tuple[Any, ...]:
    """Changes when `read_groups` gives something else."""
    return tables.open_snapshot(volume).digest(DUPLICATES), DecisionStore(volume).revision()


def decide(volume: Storage, references: Sequence[str], *, is_undone: bool = False) -> list[str]:
    """Store that some pictures are no duplicates of each other, or take it back; durable when this returns.

    Returns:
        The pictures' image_ids.

    Raises:
        UsageError: a reference means no picture, or they are fewer than two, or too many.
    """
    if not 2 <= len(set(references)) <= MOST_PICTURES:
        raise UsageError(f"pictures: expected 2 to {MOST_PICTURES} different ones, got {len(set(references))}")
    found = picture_ids(volume, references)
    ids = sorted({found[one] for one in references})
    pairs: Iterable[tuple[str, str]] = combinations(ids, 2)
    store = DecisionStore(volume)
    (store.remove if is_undone else store.add)(pairs)
    return ids
