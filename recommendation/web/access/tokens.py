"""Tokens: who may write on a shared server, and as whom. A file has a line `NAME TOKEN` for each person."""

import hashlib
import hmac
from pathlib import Path

from shared.errors import CannotProceedError, UsageError
from shared.people.events import check_user_id

LEAST_CHARACTERS = 16
KEY = "people/tokens.txt"


class Tokens:
    """The people who have a token.

    Args:
        people: names by SHA-256 of their tokens.
    """

    def __init__(self, people: dict[str, str]) -> None:
        self._people = people

    def person(self, token: str) -> str | None:
        """Who has a token; None for nobody."""
        return self.person_of_digest(digest(token))

    def person_of_digest(self, wanted: str) -> str | None:
        """Who has the token of a digest, as a session's cookie holds it; takes the same time for all."""
        found = [name for stored, name in self._people.items() if hmac.compare_digest(stored, wanted)]
        return found[0] if found else None


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def read_tokens(path: Path) -> Tokens:
    """The tokens of a file; `#` starts a comment.

    Raises:
        CannotProceedError: it cannot be read, or holds no token.
        UsageError: a line is not what it should be; the message does not quote it.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotProceedError(
            f"--auth token: {path} cannot be read ({error}); write a line `NAME TOKEN` for each person"
        ) from error
    people: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, _, token = line.strip().rpartition(" ")
        if not name or len(token) < LEAST_CHARACTERS:
            raise UsageError(
                f"{path}, line {number}: expected NAME TOKEN, the token of {LEAST_CHARACTERS} or more characters"
            )
        people[digest(token)] = check_user_id(name)
    if not people:
        raise CannotProceedError(f"--auth token: {path} holds no token; write a line `NAME TOKEN` for each person")
    return Tokens(people)
