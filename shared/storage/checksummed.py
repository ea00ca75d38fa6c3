"""JSON files that carry their own checksum, so that damage to one of them is never believed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.errors import CannotProceedError
from shared.storage.files import digest, to_json, write_atomically


def write_checksummed(path: Path, content: Mapping[str, Any]) -> None:
    """Store a JSON object together with its own digest."""
    write_atomically(path, to_json({**content, "checksum": digest(content)}))


def read_checksummed(path: Path, advice: str) -> dict[str, Any]:
    """What `write_checksummed` stored.

    Args:
        advice: what to do when the file cannot be used; ends the message.

    Raises:
        CannotProceedError: it is missing, or one byte of it is not what was written.
    """
    try:
        data = path.read_bytes()
        content = json.loads(data)
        checksum = content.pop("checksum")
    except OSError as error:
        raise CannotProceedError(f"{path} cannot be read ({error.strerror}); {advice}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotProceedError(f"{path} is damaged ({error}); {advice}") from error
    if digest(content) != checksum or to_json({**content, "checksum": checksum}) != data:
        raise CannotProceedError(f"{path} is damaged (its checksum is not the stored one); {advice}")
    found: dict[str, Any] = content
    return found
