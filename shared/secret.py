"""A text that must not be shown: no repr, message, log line, table or JSON holds it."""

import hmac
from pathlib import Path

from shared.errors import CannotProceedError


class Secret:
    """A secret text; `reveal` gives it to whoever has to send it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: not for arguments of processes, messages or files that others can read."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)


def read_secret(path: Path, setting: str) -> Secret:
    """The secret in a file, without the white space around it.

    Args:
        setting: name of the setting that named the file, for the message.

    Raises:
        CannotProceedError: the file cannot be read, or holds no ASCII text.
    """
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise CannotProceedError(f"{setting}: {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise CannotProceedError(f"{setting}: expected ASCII text in {path}, got other bytes") from None
    if not text:
        raise CannotProceedError(f"{setting}: expected a secret in {path}, got an empty file")
    return Secret(text)
