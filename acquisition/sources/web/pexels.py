"""Pexels as a service: photos that a search finds.

Source: https://www.pexels.com/api/documentation/
"""

from datetime import UTC, datetime

from acquisition.sources.web import answers
from acquisition.sources.web.answers import Json, Size
from acquisition.sources.web.protocol import (
    Candidate,
    Client,
    HostLimit,
    ListingError,
    Page,
    Reply,
    Service,
    WebSettings,
)
from shared.errors import UsageError

NAME, KEY, KEY_PAGE = "pexels", "pexels_key", "https://www.pexels.com/api/new/"
ENDPOINT = "https://api.pexels.com/v1"
LICENSE, LICENSE_ID = "Pexels License", "LicenseRef-Pexels"
MOST_PER_PAGE = 80
HOUR_S = 3600.0
#: The boxes that the sizes fit in: width and height, px.
BOXES = {"large2x": (1880, 1300), "large": (940, 650)}

#: 200 requests an hour and 20,000 a month.
LIMITS = (
    HostLimit("api.pexels.com", requests=200, period_s=3600),
    HostLimit("images.pexels.com", requests=100, period_s=10, concurrency=2),
)


class PexelsListing:
    """A search at Pexels, opened."""

    tracking_headers = answers.NO_HEADERS

    def __init__(self, query: str, settings: WebSettings, client: Client) -> None:
        self._query = query
        self._settings = settings
        self._client = client
        self._endpoint = answers.endpoint_of(settings, ENDPOINT)
        self._reset: str = ""  # of the last answer that had it: those over the quota have none

    def list(self, cursor: str | None) -> Page:
        """A page of photos. Errors as `Listing.list`."""
        page = answers.page_number(cursor)
        params = {"query": self._query, "page": str(page), "per_page": str(MOST_PER_PAGE)}
        headers = {"Authorization": self._settings.keys[KEY].reveal()}
        reply = self._client.get(f"{self._endpoint}/search", params, headers, final=(429,))
        self._check(reply)
        answer = answers.json_object(reply)
        if answer is None or not isinstance(answer.get("photos"), list):
            raise answers.unexpected(NAME, reply)
        if not answer["photos"] and page == 1:
            raise ListingError(f"pexels finds nothing for {self._query!r}")
        found = [one for photo in answer["photos"] if (one := to_candidate(photo, self._query, self._settings))]
        is_over = not answer["photos"] or not answer.get("next_page")
        return Page(found, None if is_over else str(page + 1), answer.get("total_results"))

    def _check(self, reply: Reply) -> None:
        """Refuse an answer that is an error. Raises UsageError for a wrong key, else ListingError."""
        self._reset = reply.headers.get("x-ratelimit-reset", self._reset)
        if reply.status == 429:
            raise answers.used_up(
                NAME, "your key's quota of 200 requests an hour or 20,000 a month", reset_time(self._reset)
            )
        detail = (answers.json_object(reply) or {}).get("error") or answers.first_words(reply.body)
        if reply.status in {401, 403}:
            raise answers.wrong_key(NAME, KEY, KEY_PAGE, f"{reply.status}: {detail}")
        if reply.status != 200:
            raise ListingError(f"pexels answered {reply.status}: {detail}")


def reset_time(seconds: str) -> datetime:
    """When a quota begins anew: seconds since 1970 as Pexels states them, else within the hour."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return answers.after(HOUR_S)


def to_candidate(photo: Json, query: str, settings: WebSettings) -> Candidate | None:
    """The candidate of a photo, None without an address."""
    sources = photo.get("src") or {}
    width, height = int(photo.get("width") or 0), int(photo.get("height") or 0)
    sizes = [Size(sources.get("original", ""), max(width, 1881), height)]
    sizes += [Size(sources.get(name, ""), *fit(width, height, box)) for name, box in BOXES.items()]
    size = answers.choose_size(sizes, settings)
    if size is None:
        return None
    is_original = size.url == sources.get("original")
    return Candidate(
        record=str(photo["id"]),
        url=size.url,
        source_url=str(photo.get("url") or ""),
        title=str(photo.get("alt") or "").strip(),
        author=str(photo.get("photographer") or ""),
        author_url=str(photo.get("photographer_url") or ""),
        license=LICENSE,
        license_id=LICENSE_ID,
        tags=(query,),
        width_px=width if is_original else size.width_px,
        height_px=height if is_original else size.height_px,
    )


def fit(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """The size of a picture scaled down into a box; nothing for an unknown size."""
    if not (width and height):
        return 0, 0
    scale = min(1.0, box[0] / width, box[1] / height)
    return round(width * scale), round(height * scale)


def attribute(found: Candidate, license_id: str) -> str:
    """The credit line of a photo."""
    return answers.credit_of(found, license_id, NAME)


def open_pexels(query: str, settings: WebSettings, client: Client) -> PexelsListing:
    """The listing of a search.

    Raises:
        UsageError: there are no words.
    """
    if not query:
        raise UsageError("--source: expected pexels:WORDS, got no words")
    return PexelsListing(query, settings, client)


PEXELS = Service(NAME, "WORDS", open_pexels, attribute, keys=(KEY,), key_page=KEY_PAGE, limits=LIMITS)
