"""Fetches a network's file and checks that it is the expected one."""

import hashlib

from shared import fetching
from shared.errors import CannotProceedError
from shared.fetching import LIMITS, FetchError, FetchLimits


def fetch(url: str, sha256: str, size_bytes: int, limits: FetchLimits = LIMITS) -> bytes:
    """The file at this address.

    Raises:
        CannotProceedError: it cannot be fetched, or is another file.
    """
    try:
        data = fetching.fetch(url, size_bytes, limits)
    except FetchError as error:
        raise CannotProceedError(f"{url} cannot be fetched: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise CannotProceedError(
            f"{url} is not the expected file: expected {size_bytes} bytes with SHA-256 {sha256}, got {len(data)} with {found}"
        )
    return data
