"""The one door to HTTP: one file at an address (`whole`), or many requests to many hosts, hop by hop (`door`)."""

from shared.fetching.limits import LIMITS, Answer, FetchError, FetchLimits
from shared.fetching.whole import chunks, fetch, open_url

__all__ = ["LIMITS", "Answer", "FetchError", "FetchLimits", "chunks", "fetch", "open_url"]
