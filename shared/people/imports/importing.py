"""The import: from opinions in a file to events in the store, with an account of everything that was not taken."""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from shared import tables
from shared.errors import UsageError
from shared.people.events import DISLIKE, LIKE, LIKES_ONLY, Event, Scale, check_user_id
from shared.people.imports import files, libraries
from shared.people.imports.opinions import Opinion
from shared.people.references import SHOWN, resolve
from shared.people.store import BATCH, PeopleStore
from shared.storage import Storage
from shared.tables import Snapshot

Reader = Callable[[Path], Iterable[Opinion]]
CHUNK = 200_000  # opinions whose pictures are looked up together


class Format(NamedTuple):
    """A format of files.

    Args:
        one_person: the files name no person, so the command must.
        scale: of its ratings; None where the file does not fix it.
    """

    read: Reader
    one_person: bool = False
    scale: Scale | None = None


#: To add a format, add a line here and its reader.
FORMATS = {
    "csv": Format(files.read_csv),
    "jsonl": Format(files.read_jsonl),
    "parquet": Format(files.read_parquet),
    "movielens": Format(files.read_movielens, scale=Scale(0.5, 5)),
    "takeout": Format(libraries.read_takeout, one_person=True),
    "flickr": Format(libraries.read_flickr, one_person=True),
    "immich": Format(libraries.read_immich, one_person=True),
    "photoprism": Format(libraries.read_photoprism, one_person=True),
    "xmp": Format(libraries.read_xmp, one_person=True),
}


class Imported:
    """What came of an import."""

    def __init__(self) -> None:
        self.read = self.changed = 0
        self.likes = self.dislikes = self.neutral = 0
        self.unknown: dict[str, int] = {}
        self.ambiguous = 0
        self.problems: list[str] = []
        self.n_problems = self.n_unknown = 0

    def add_unknown(self, reference: str) -> None:
        """Count a reference that means no picture."""
        self.n_unknown += 1
        if len(self.unknown) < SHOWN or reference in self.unknown:
            self.unknown[reference] = self.unknown.get(reference, 0) + 1

    def add_value(self, value: float) -> None:
        """Count what an opinion is."""
        self.likes += value >= LIKE
        self.dislikes += value <= DISLIKE
        self.neutral += DISLIKE < value < LIKE

    def add_problem(self, problem: str) -> None:
        """Count a line that cannot be used."""
        self.n_problems += 1
        if len(self.problems) < SHOWN:
            self.problems.append(problem)

    def lines(self) -> list[str]:
        """The account for people: ``read = stored + already there + unknown + unusable``."""
        kept = self.read - self.changed - self.n_unknown - self.n_problems
        found = [
            f"read {self.read} = stored {self.changed} + already there or older {kept} "
            f"+ unknown pictures {self.n_unknown} + unusable lines {self.n_problems}",
            f"of the known pictures: likes {self.likes}, dislikes {self.dislikes}, neither {self.neutral}",
        ]
        if self.unknown:
            found.append(f"unknown pictures, the first {len(self.unknown)}: {', '.join(self.unknown)}")
        return [*found, *(f"unusable: {one}" for one in self.problems)]


def import_file(volume: Storage, path: Path, form: str, scale: Scale | None, user: str | None) -> Imported:
    """Store the opinions of a file or folder; unknown pictures and unusable lines are counted, the rest is stored.

    Raises:
        UsageError: there is no such file, nothing in it, the scale of its ratings is not known, or no person is named.
    """
    chosen = FORMATS[form]
    if not path.exists():
        raise UsageError(f"expected a file to import, got {path}, which is not there")
    if chosen.one_person and user is None:
        raise UsageError(f"--user: expected the person whose favourites {path} holds; {form} files do not name one")
    scale = scale or chosen.scale
    if scale is None:
        _check_scale(chosen.read(path), path)
    snapshot, store, done = tables.open_snapshot(volume), PeopleStore(volume), Imported()
    opinions, now = iter(chosen.read(path)), time.time()
    while chunk := list(islice(opinions, CHUNK)):
        usable = list(_events(chunk, scale or LIKES_ONLY, user, now, f"import:{form}", done))
        known = list(_known(volume, snapshot, usable, done))
        for start in range(0, len(known), BATCH):
            done.changed += store.record(known[start : start + BATCH])
    if not done.read:
        raise UsageError(f"{path}: expected opinions of people, found none")
    return done


def _check_scale(opinions: Iterable[Opinion], path: Path) -> None:
    """Refuse ratings other than 1 (like), -1 (dislike) and 0 where no scale is given."""
    low, high, is_odd = math.inf, -math.inf, False
    for one in opinions:
        if one.rating is not None and math.isfinite(one.rating):
            low, high = min(low, one.rating), max(high, one.rating)
            is_odd |= one.rating not in (1, -1, 0)
    if is_odd:
        raise UsageError(
            f"{path}: expected the values 1 (like) and -1 (dislike), got ratings from {low:g} to {high:g}; "
            f"say the scale that they are of, such as --scale 1..{max(high, 5):g}"
        )


def _events(
    chunk: Iterable[Opinion], scale: Scale, user: str | None, now: float, source: str, done: Imported
) -> Iterator[Event]:
    """Opinions as events whose `image_id` is still the file's own reference."""
    for one in chunk:
        done.read += 1
        try:
            if one.problem or one.rating is None:
                raise UsageError(one.problem or "no rating")
            yield Event(
                check_user_id(user or one.user),
                one.picture,
                scale.value_of(one.rating),
                now if one.time is None else one.time,
                source,
            )
        except UsageError as error:
            done.add_problem(str(error))


def _known(volume: Storage, snapshot: Snapshot, events: list[Event], done: Imported) -> Iterator[Event]:
    ids = resolve(volume, snapshot, {one.image_id for one in events}).ids
    for one in events:
        if one.image_id in ids:
            done.add_value(one.value or 0.0)
            yield one._replace(image_id=ids[one.image_id])
        else:
            done.add_unknown(one.image_id)
