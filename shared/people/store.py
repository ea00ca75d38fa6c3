"""The stores of what people say, of likes and of duplicates: SQLite in WAL mode on the volume's local disk, written by several processes.

SQLite's write-ahead log needs shared memory, so the volume must be a local file system here (no NFS, no object store).
An event is durable when `record` returns: the log is synchronised with the disk at each commit.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, NamedTuple

from shared.errors import CannotProceedError
from shared.people.events import DISLIKE, LIKE, Event, User
from shared.storage import Storage
from shared.storage.volume import DUPLICATES

KEY = "people/likes.sqlite"
FORMAT = 1
WAIT_S = 60.0  # for another writer's transaction
BATCH = 10_000  # events a transaction: short enough for others to get their turn

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    user_id TEXT PRIMARY KEY, source TEXT NOT NULL, family TEXT NOT NULL, seed INTEGER NOT NULL, created REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    user_id TEXT NOT NULL, image_id TEXT NOT NULL, value REAL, time REAL NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (user_id, image_id)
) WITHOUT ROWID;
"""
#: Counts up with every write.
REVISION = """
CREATE TABLE IF NOT EXISTS revision (number INTEGER NOT NULL);
INSERT INTO revision SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM revision);
"""
DECISIONS_KEY = f"{DUPLICATES}/decisions.sqlite"
DECISIONS_SCHEMA = """
CREATE TABLE IF NOT EXISTS decisions (
    first TEXT NOT NULL, second TEXT NOT NULL, time REAL NOT NULL, PRIMARY KEY (first, second)
) WITHOUT ROWID;
"""
#: The later event about a picture wins; of two at the same time the one that came last.
RECORD = """
INSERT INTO events VALUES (?, ?, ?, ?, ?)
ON CONFLICT (user_id, image_id) DO UPDATE SET value = excluded.value, time = excluded.time, source = excluded.source
WHERE excluded.time >= events.time
"""


class Counts(NamedTuple):
    """A person and how many pictures they like and dislike."""

    user: User
    likes: int
    dislikes: int


class SqliteStore:
    """A file of SQLite on the volume; safe to use from several threads and processes. Subclasses give key, format and schema.

    Args:
        volume: where it is; the file is made by the first write.
    """

    key: ClassVar[str]
    format: ClassVar[int]
    schema: ClassVar[str]  # without the table `revision`, which all have

    def __init__(self, volume: Storage) -> None:
        self.path: Path = volume.local_path(self.key)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
                yield connection
            finally:
                connection.close()
        except sqlite3.OperationalError as error:
            raise CannotProceedError(
                f"{self.path} cannot be used ({error}); it must be on a local disk that can be written, and not be held by another program"
            ) from error
        except sqlite3.DatabaseError as error:
            raise CannotProceedError(f"{self.path} is damaged ({error}); restore it from a backup") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is durable when the block ends."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            self._prepare(connection)
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("UPDATE revision SET number = number + 1")
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > self.format:
            raise CannotProceedError(
                f"{self.path} has format {version}, this version of imagerec reads up to {self.format}"
            )
        if version < self.format:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(
                f"BEGIN IMMEDIATE; {self.schema} {REVISION} PRAGMA user_version = {self.format}; COMMIT"
            )

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded."""
        return self.path.exists()

    def revision(self) -> int:
        """Counts up with every write; 0 before the first."""
        if not self.exists:
            return 0
        with self._connection() as connection:
            return int(connection.execute("SELECT number FROM revision").fetchone()[0])


class PeopleStore(SqliteStore):
    """Everything that people said."""

    key = KEY
    format = FORMAT
    schema = SCHEMA

    def add_users(self, users: Iterable[User]) -> None:
        """Add people who are not there yet."""
        with self._writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?, ?)", users)

    def record(self, events: Iterable[Event]) -> int:
        """Store events, in one transaction; durable when this returns.

        Returns:
            How many changed anything: earlier events about the same picture do not.
        """
        events = list(events)
        with self._writing() as connection:
            people = {one.user_id: (one.user_id, one.source, "", -1, one.time) for one in reversed(events)}
            connection.executemany("INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?, ?)", people.values())
            return max(0, connection.executemany(RECORD, events).rowcount)

    def forget(self, user_id: str) -> int:
        """Delete a person and all they said; the number of events deleted, -1 for a person who was not there."""
        if not self.exists:
            return -1
        with self._writing() as connection:
            deleted = connection.execute("DELETE FROM events WHERE user_id = ?", (user_id,)).rowcount
            was_there = connection.execute("DELETE FROM users WHERE user_id = ?", (user_id,)).rowcount
        with self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # nothing of it stays in the log
        return deleted if was_there else -1

    def user(self, user_id: str) -> User | None:
        """A person; None when not there."""
        if not self.exists:
            return None
        with self._connection() as connection:
            found = connection.execute("SELECT * FROM users WHERE user_id = ?", (user_id,)).fetchone()
        return User(*found) if found else None

    def events(self, user_id: str) -> list[Event]:
        """What a person says of pictures today, by image_id."""
        if not self.exists:
            return []
        with self._connection() as connection:
            sql = "SELECT * FROM events WHERE user_id = ? AND value IS NOT NULL ORDER BY image_id"
            return [Event(*row) for row in connection.execute(sql, (user_id,))]

    def people(self, after: str, count: int) -> list[tuple[User, list[Event]]]:
        """Up to `count` people after a user id, in their order, with what each says of pictures today, by image_id."""
        if not self.exists or count < 1:
            return []
        with self._connection() as connection:
            connection.execute("BEGIN")  # both statements see the same moment
            sql = "SELECT * FROM users WHERE user_id > ? ORDER BY user_id LIMIT ?"
            users = [User(*row) for row in connection.execute(sql, (after, count))]
            found: dict[str, list[Event]] = {one.user_id: [] for one in users}
            if users:
                sql = """SELECT * FROM events WHERE user_id > ? AND user_id <= ? AND value IS NOT NULL
                         ORDER BY user_id, image_id"""
                for row in connection.execute(sql, (after, users[-1].user_id)):
                    found.setdefault(row[0], []).append(Event(*row))
        return [(one, found[one.user_id]) for one in users]

    def n_people(self) -> int:
        """How many people there are."""
        if not self.exists:
            return 0
        with self._connection() as connection:
            return int(connection.execute("SELECT count(*) FROM users").fetchone()[0])

    def all_events(self) -> Iterator[tuple[Event, User]]:
        """What everybody says today with who they are, by user and picture, as of the moment of the first; memory stays flat."""
        if not self.exists:
            return
        sql = """SELECT e.*, u.* FROM events e JOIN users u USING (user_id)
                 WHERE e.value IS NOT NULL ORDER BY e.user_id, e.image_id"""
        with self._connection() as connection:
            for row in connection.execute(sql):
                yield Event(*row[:5]), User(*row[5:])

    def counts(self) -> list[Counts]:
        """Everybody, by user id, with their numbers of likes and dislikes."""
        if not self.exists:
            return []
        sql = """SELECT u.*, count(*) FILTER (WHERE e.value >= ?), count(*) FILTER (WHERE e.value <= ?)
                 FROM users u LEFT JOIN events e USING (user_id) GROUP BY u.user_id ORDER BY u.user_id"""
        with self._connection() as connection:
            return [Counts(User(*row[:5]), row[5], row[6]) for row in connection.execute(sql, (LIKE, DISLIKE))]


class DecisionStore(SqliteStore):
    """Pairs of pictures that somebody said are no duplicates."""

    key = DECISIONS_KEY
    format = FORMAT
    schema = DECISIONS_SCHEMA

    def add(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Store that pairs are no duplicates; durable when this returns. How many were not stored yet."""
        now = time.time()
        with self._writing() as connection:
            rows = [(*sorted(pair), now) for pair in pairs]
            return max(0, connection.executemany("INSERT OR IGNORE INTO decisions VALUES (?, ?, ?)", rows).rowcount)

    def remove(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Take decisions back; how many there were."""
        if not self.exists:
            return 0
        with self._writing() as connection:
            rows = [tuple(sorted(pair)) for pair in pairs]
            return max(0, connection.executemany("DELETE FROM decisions WHERE first = ? AND second = ?", rows).rowcount)

    def pairs(self) -> frozenset[frozenset[str]]:
        """All pairs that are no duplicates."""
        if not self.exists:
            return frozenset()
        with self._connection() as connection:
            return frozenset(map(frozenset, connection.execute("SELECT first, second FROM decisions")))
