"""Tags that people give by hand, and tags of the source that they take out: who, when, of which picture.

They are written one at a time, by the service and by commands at once, and merged into the table LABELS by the next run.
"""

import re
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shared.errors import UsageError
from shared.people.events import check_user_id
from shared.people.store import SqliteStore
from shared.storage import Storage
from shared.tables.live import merged_tags

KEY = "people/tags.sqlite"
FORMAT = 1
MOST_CHARACTERS, MOST_TAGS = 100, 20  # of a tag; of one change
BLANKS = re.compile(r"\s+")

Changed = dict[str, list[str]]
"""Tags, each with the pictures that it was really added to or taken from."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS tags (
    image_id TEXT NOT NULL, tag TEXT NOT NULL, is_removed INTEGER NOT NULL, user_id TEXT NOT NULL, time REAL NOT NULL,
    PRIMARY KEY (image_id, tag)
) WITHOUT ROWID;
"""
RECORD = """
INSERT INTO tags VALUES (?, ?, ?, ?, ?)
ON CONFLICT (image_id, tag) DO UPDATE SET is_removed = excluded.is_removed, user_id = excluded.user_id, time = excluded.time
"""


class HandTag(NamedTuple):
    """What a person said last of a tag of a picture.

    Args:
        is_removed: it is to be taken out, not added.
        time: seconds since 1970.
    """

    image_id: str
    tag: str
    is_removed: bool
    user_id: str
    time: float


def check_tag(text: str) -> str:
    """A tag in canonical form: Unicode NFC, single spaces.

    Raises:
        UsageError: it is empty, too long or has control characters.
    """
    tag = BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip()
    if not tag or len(tag) > MOST_CHARACTERS:
        raise UsageError(f"tag: expected 1 to {MOST_CHARACTERS} characters, got {len(tag)}")
    if any(unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"} for one in tag):
        raise UsageError(f"tag: expected no control characters, got {tag!a}")
    return tag


def check_changes(add: Sequence[str], remove: Sequence[str]) -> tuple[list[str], list[str]]:
    """The tags to add and to remove, each once and in canonical form.

    Raises:
        UsageError: there are none or too many, or one of them cannot be a tag.
    """
    if not 1 <= len(add) + len(remove) <= MOST_TAGS:
        raise UsageError(f"tags: expected 1 to {MOST_TAGS} to add or remove, got {len(add) + len(remove)}")
    added, removed = (list(dict.fromkeys(check_tag(one) for one in some)) for some in (add, remove))
    if both := set(added) & set(removed):
        raise UsageError(f"tags: expected each to be added or removed, got both for {min(both)!r}")
    return added, removed


def change_tags(
    volume: Storage, stored_tags: Mapping[str, Sequence[str]], add: Sequence[str], remove: Sequence[str], user: str
) -> tuple[Changed, Changed]:
    """Add and remove tags of pictures; durable when this returns.

    Args:
        stored_tags: the tags of each picture as they were merged last, by image_id.

    Returns:
        What was really added, and what was really removed.

    Raises:
        UsageError: a tag or the user cannot be one; nothing is stored then.
    """
    adding, removing = check_changes(add, remove)
    user_id, now = check_user_id(user), time.time()
    has = {image_id: set(tags) for image_id, tags in current_tags(volume, stored_tags).items()}
    added = {tag: [one for one in has if tag not in has[one]] for tag in adding}
    removed = {tag: [one for one in has if tag in has[one]] for tag in removing}
    changes = [
        HandTag(image_id, tag, is_removed, user_id, now)
        for is_removed, some in ((False, added), (True, removed))
        for tag, image_ids in some.items()
        for image_id in image_ids
    ]
    if changes:
        TagStore(volume).record(changes)
    return with_pictures(added), with_pictures(removed)


def with_pictures(changed: Changed) -> Changed:
    """Those tags that changed anything."""
    return {tag: pictures for tag, pictures in changed.items() if pictures}


def current_tags(volume: Storage, stored_tags: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The tags of some pictures as of now; arguments as in `change_tags`."""
    said = TagStore(volume).of_pictures(list(stored_tags))
    return {one: merged_tags(tags, (tag._asdict() for tag in said.get(one, ()))) for one, tags in stored_tags.items()}


class TagStore(SqliteStore):
    """Everything that people said of tags."""

    key = KEY
    format = FORMAT
    schema = SCHEMA

    def record(self, tags: Iterable[HandTag]) -> None:
        """Store what somebody says, in one transaction; durable when this returns."""
        with self._writing() as connection:
            connection.executemany(RECORD, tags)

    def forget(self, user_id: str) -> None:
        """Take a person's name off all tags; the tags stay."""
        if self.exists:
            with self._writing() as connection:
                connection.execute("UPDATE tags SET user_id = '' WHERE user_id = ?", (user_id,))
            with self._connection() as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # nothing of it stays in the log

    def of_pictures(self, image_ids: Sequence[str]) -> dict[str, list[HandTag]]:
        """What was said of the tags of some pictures, by image_id; those of which nothing was said are left out."""
        found: dict[str, list[HandTag]] = {}
        if not self.exists:
            return found
        with self._connection() as connection:
            for image_id in dict.fromkeys(image_ids):
                rows = connection.execute("SELECT * FROM tags WHERE image_id = ? ORDER BY tag", (image_id,)).fetchall()
                if rows:
                    found[image_id] = [hand_tag(row) for row in rows]
        return found

    def all(self) -> list[HandTag]:
        """Everything that was said, by picture and tag."""
        if not self.exists:
            return []
        with self._connection() as connection:
            return [hand_tag(row) for row in connection.execute("SELECT * FROM tags ORDER BY image_id, tag")]

    def counts(self) -> list[tuple[str, int]]:
        """Tags that were added, with their numbers of pictures, the most frequent first."""
        if not self.exists:
            return []
        sql = "SELECT tag, count(*) FROM tags WHERE NOT is_removed GROUP BY tag ORDER BY count(*) DESC, tag"
        with self._connection() as connection:
            return [(tag, n) for tag, n in connection.execute(sql)]


def hand_tag(row: Sequence[Any]) -> HandTag:
    """A row of the store."""
    image_id, tag, is_removed, user_id, time = row
    return HandTag(image_id, tag, bool(is_removed), user_id, time)
