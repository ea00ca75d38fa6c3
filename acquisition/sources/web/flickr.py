"""Flickr as a service: photos by tag or text, in slices of their upload time, for one query answers 4,000 photos at most.

Source: https://www.flickr.com/services/api/flickr.photos.search.html, https://www.flickr.com/services/developer/api/
"""

import json
import time
from collections.abc import Mapping
from typing import NamedTuple

from acquisition.sources.web import answers, markup
from acquisition.sources.web.answers import Json, Size
from acquisition.sources.web.protocol import Candidate, Client, HostLimit, ListingError, Page, Service, WebSettings
from shared.errors import UsageError
from shared.licenses import UNKNOWN
from shared.licenses.identify import flickr_license
from shared.licenses.table import FLICKR as LICENSES

NAME, KEY, KEY_PAGE = "flickr", "flickr_key", "https://www.flickr.com/services/apps/create/"
ENDPOINT = "https://api.flickr.com/services/rest/"
PER_PAGE = 500
#: A slice with more photos than this is halved; behind the last page of a query its pages come again.
MOST_OF_A_SLICE, LAST_PAGE = 3_000, 8
SHORTEST_S = 60
FIRST_UPLOAD = 1_072_915_200  # 1 January 2004
SIZES = ("n", "z", "c", "l", "o")
EXTRAS = ",".join(
    (
        "description",
        "license",
        "date_taken",
        "owner_name",
        "tags",
        "media",
        "path_alias",
        *(f"url_{size}" for size in SIZES),
    )
)
QUESTION = {
    "method": "flickr.photos.search",
    "format": "json",
    "nojsoncallback": "1",
    "media": "photos",
    "safe_search": "1",
    "content_types": "0",
    "sort": "date-posted-desc",
    "extras": EXTRAS,
}
INVALID_KEY = frozenset({100})
#: Codes that pass, and waits between tries.
PASSING, WAITS_S = frozenset({0, 105, 201}), (2.0, 8.0, 30.0)


class Place(NamedTuple):
    """Where a listing is.

    Args:
        slices: upload times from and to, s since 1970; the first one is being listed.
        page: of the first slice, from 1.
        first: the first photo on its first page: when it comes again, the slice is over.
    """

    slices: list[tuple[int, int]]
    page: int = 1
    first: str = ""

    @staticmethod
    def restore(cursor: str) -> "Place":
        """A place from its text."""
        slices, page, first = json.loads(cursor)
        return Place([(start, end) for start, end in slices], page, first)


#: 3,600 requests an hour and key; the servers of pictures answer 429 much sooner.
LIMITS = (
    HostLimit("api.flickr.com", requests=10, period_s=10),
    HostLimit(".staticflickr.com", requests=60, period_s=60),
)


class FlickrListing:
    """A search at Flickr, opened."""

    tracking_headers = answers.NO_HEADERS

    def __init__(self, question: Mapping[str, str], terms: list[str], settings: WebSettings, client: Client) -> None:
        self._question = question
        self._terms = terms
        self._settings = settings
        self._client = client
        self._endpoint = f"{answers.endpoint_of(settings, ENDPOINT)}/"
        policy = answers.policy_of(settings)
        self._licenses = [str(number) for number in range(len(LICENSES)) if policy.accepts(flickr_license(number))]
        if not self._licenses:
            raise UsageError(
                "--licenses: flickr has pictures under Creative Commons, CC0 and PDM; none of them is accepted"
            )

    def list(self, cursor: str | None) -> Page:
        """A page of photos. Errors as `Listing.list`."""
        place = Place.restore(cursor) if cursor else Place([(FIRST_UPLOAD, int(time.time()))])
        photos, place = self._first_small_slice(place)
        rows: list[Json] = photos.get("photo") or []
        is_first = cursor is None and place.page == 1
        if is_first and not rows and len(place.slices) == 1:
            raise ListingError(f"flickr finds nothing for {' '.join(self._terms)!r}")
        is_repeated = place.page > 1 and bool(rows) and str(rows[0]["id"]) == place.first
        is_over = not rows or is_repeated or place.page >= min(LAST_PAGE, int(photos.get("pages") or 0))
        following = (
            Place(place.slices[1:])
            if is_over
            else place._replace(page=place.page + 1, first=place.first or str(rows[0]["id"]))
        )
        found = [] if is_repeated else [to_candidate(row, self._terms, self._settings) for row in rows]
        refused = found.count(None)
        return Page(
            [one for one in found if one],
            json.dumps(following) if following.slices else None,
            refused={"no_address": refused} if refused else {},
        )

    def _first_small_slice(self, place: Place) -> tuple[Json, Place]:
        """The page at a place, whose slice is halved until Flickr answers all of it."""
        while True:
            (start, end), *others = place.slices
            photos = self._ask(start, end, place.page)
            is_small = int(photos.get("total") or 0) <= MOST_OF_A_SLICE or end - start < SHORTEST_S
            if is_small or place.page > 1:
                return photos, place
            middle = (start + end) // 2
            place = Place([(middle + 1, end), (start, middle), *others])

    def _ask(self, start: int, end: int, page: int) -> Json:
        place = {
            "min_upload_date": str(start),
            "max_upload_date": str(end),
            "per_page": str(PER_PAGE),
            "page": str(page),
        }
        key = {"api_key": self._settings.keys[KEY].reveal()}
        params = {**QUESTION, **self._question, **place, **key, "license": ",".join(self._licenses)}
        for wait_s in (*WAITS_S, None):
            answer = self._answer(params)
            if answer.get("stat") == "ok":
                photos: Json = answer.get("photos") or {}
                return photos
            code, message = int(answer.get("code") or 0), str(answer.get("message") or "")
            if code in INVALID_KEY:
                raise answers.wrong_key(NAME, KEY, KEY_PAGE, f"{code}: {message}")
            if code not in PASSING:
                raise UsageError(f"--source: flickr refused the query ({code}: {message})")
            if wait_s is not None:
                self._client.wait(wait_s, f"flickr: {message}")
        raise ListingError(f"flickr is not available now ({code}: {message}); try again later")

    def _answer(self, params: Mapping[str, str]) -> Json:
        reply = self._client.get(self._endpoint, params)
        answer = answers.json_object(reply)
        if reply.status != 200 or answer is None:
            raise answers.unexpected(NAME, reply)
        return answer


def to_candidate(row: Json, terms: list[str], settings: WebSettings) -> Candidate | None:
    """The candidate of a photo, None if none of its sizes may be downloaded."""
    sizes = [
        Size(str(row.get(f"url_{size}") or ""), int(row.get(f"width_{size}") or 0), int(row.get(f"height_{size}") or 0))
        for size in SIZES
    ]
    size = answers.choose_size(sizes, settings)
    if size is None:
        return None
    number = str(row.get("license", ""))
    one = flickr_license(number)
    return Candidate(
        record=str(row["id"]),
        url=size.url,
        source_url=f"https://www.flickr.com/photos/{row.get('path_alias') or row['owner']}/{row['id']}",
        title=markup.plain(row.get("title")),
        author=markup.plain(row.get("ownername")),
        author_url=f"https://www.flickr.com/people/{row.get('path_alias') or row['owner']}/",
        license=f"Flickr {number}" if one is UNKNOWN else one.name,
        license_url=one.url,
        license_id=one.id,
        tags=tuple(dict.fromkeys([*str(row.get("tags") or "").split(), *terms])),
        taken_at="" if row.get("datetakenunknown") in {1, "1"} else str(row.get("datetaken") or "").replace(" ", "T"),
        width_px=size.width_px,
        height_px=size.height_px,
    )


def attribute(found: Candidate, license_id: str) -> str:
    """The credit line of a photo."""
    return answers.credit_of(found, license_id, NAME, is_scaled="_o." not in found.url)


def open_flickr(query: str, settings: WebSettings, client: Client) -> FlickrListing:
    """The listing of ``tag:A,B`` (photos with all of the tags) or of words in title, description and tags.

    Raises:
        UsageError: there are no words, or Flickr has nothing under the accepted licences.
    """
    kind, colon, value = query.partition(":")
    is_tags = bool(colon) and kind.strip().lower() in {"tag", "tags"}
    words = (value if is_tags or (colon and kind.strip().lower() == "text") else query).strip()
    if not words:
        raise UsageError("--source: expected flickr:WORDS or flickr:tag:WORD, got no words")
    terms = [term for one in words.split(",") if (term := one.strip())] if is_tags else [words]
    question = {"tags": ",".join(terms), "tag_mode": "all"} if is_tags else {"text": words}
    return FlickrListing(question, terms, settings, client)


FLICKR = Service(
    NAME, "WORDS or tag:WORD[,WORD]", open_flickr, attribute, keys=(KEY,), key_page=KEY_PAGE, limits=LIMITS
)
