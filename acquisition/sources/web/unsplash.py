"""Unsplash as a service: photos that a search finds, shown from its servers, each download reported once.

Source: https://unsplash.com/documentation, https://help.unsplash.com/en/articles/2511245-unsplash-api-guidelines
"""

from collections import Counter
from collections.abc import Mapping

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
from shared.secret import Secret

NAME, KEY, KEY_PAGE = "unsplash", "unsplash_key", "https://unsplash.com/oauth/applications"
ENDPOINT = "https://api.unsplash.com"
LICENSE, LICENSE_ID = "Unsplash License", "LicenseRef-Unsplash"
MOST_PER_PAGE = 30
HOUR_S = 3600.0
#: Widths of the sizes that have one of their own; `full` has the original's.
REGULAR_PX, SMALL_PX = 1080, 400
QUOTA_ANSWER = b"rate limit exceeded"
TERMS = (
    "Unsplash's API is for applications that people use, not for automated collection. Use it for a few queries, with a key "
    "of your own. Pictures are shown from Unsplash's servers, each download is reported to Unsplash once, and the copy on "
    "your volume is for analysis only."
)

#: A new key may ask 50 times an hour, an approved one 5,000; the quota itself is read from the answers.
LIMITS = (
    HostLimit("api.unsplash.com", requests=50, period_s=60),
    HostLimit("images.unsplash.com", requests=100, period_s=10, concurrency=2),
)


class UnsplashListing:
    """A search at Unsplash, opened."""

    def __init__(self, query: str, settings: WebSettings, client: Client) -> None:
        self._query = query
        self._settings = settings
        self._client = client
        self._endpoint = answers.endpoint_of(settings, ENDPOINT)
        key = settings.keys[KEY]
        self.tracking_headers: Mapping[str, Secret] = {"Authorization": Secret(f"Client-ID {key.reveal()}")}

    def list(self, cursor: str | None) -> Page:
        """A page of photos. Errors as `Listing.list`."""
        page = answers.page_number(cursor)
        params = {"query": self._query, "page": str(page), "per_page": str(MOST_PER_PAGE), "content_filter": "high"}
        headers = {name: value.reveal() for name, value in self.tracking_headers.items()}
        reply = self._client.get(
            f"{self._endpoint}/search/photos", params, {**headers, "Accept-Version": "v1"}, final=(403, 429)
        )
        check(reply)
        answer = answers.json_object(reply)
        if answer is None or not isinstance(answer.get("results"), list):
            raise answers.unexpected(NAME, reply)
        if not answer["results"] and page == 1:
            raise ListingError(f"unsplash finds nothing for {self._query!r}")
        found = [to_candidate(photo, self._query, self._settings) for photo in answer["results"]]
        is_over = not found or page >= int(answer.get("total_pages") or 0)
        refused = Counter(one for one in found if isinstance(one, str))
        candidates = [one for one in found if isinstance(one, Candidate)]
        return Page(candidates, None if is_over else str(page + 1), answer.get("total"), refused)


def check(reply: Reply) -> None:
    """Refuse an answer that is an error; that of a used up quota is plain text.

    Raises:
        UsageError: the key is wrong.
        ListingError: the quota is used up, or Unsplash has a problem.
    """
    if reply.status == 200:
        return
    if reply.status == 429 or (reply.status == 403 and QUOTA_ANSWER in reply.body.lower()):
        quota = reply.headers.get("x-ratelimit-limit")
        named = f"your key's quota of {quota} requests an hour" if quota else "your key's quota"
        raise answers.used_up(NAME, named, answers.after(HOUR_S))
    errors = (answers.json_object(reply) or {}).get("errors")
    detail = "; ".join(map(str, errors)) if isinstance(errors, list) else answers.first_words(reply.body)
    if reply.status in {401, 403}:
        raise answers.wrong_key(NAME, KEY, KEY_PAGE, f"{reply.status}: {detail}")
    raise ListingError(f"unsplash answered {reply.status}: {detail}")


def to_candidate(photo: Json, query: str, settings: WebSettings) -> Candidate | str:
    """The candidate of a photo, or why there is none."""
    urls, links, user = (photo.get(name) or {} for name in ("urls", "links", "user"))
    if is_premium(photo):
        return "unsplash_plus"
    width, height = int(photo.get("width") or 0), int(photo.get("height") or 0)
    sizes = [Size(urls.get("full", ""), max(width, REGULAR_PX + 1)), Size(urls.get("regular", ""), REGULAR_PX)]
    size = answers.choose_size([*sizes, Size(urls.get("small", ""), SMALL_PX)], settings)
    if size is None or not links.get("download_location"):
        return "incomplete"
    is_full = size.url == urls.get("full")
    shown_px = width if is_full else min(width, size.width_px)
    return Candidate(
        record=str(photo["id"]),
        url=size.url,
        source_url=str(links.get("html") or ""),
        display_url=str(urls.get("regular") or size.url),
        title=str(photo.get("description") or photo.get("alt_description") or "").strip(),
        author=str(user.get("name") or user.get("username") or ""),
        author_url=str((user.get("links") or {}).get("html") or ""),
        license=LICENSE,
        license_id=LICENSE_ID,
        tags=tuple(dict.fromkeys([*(str(tag["title"]) for tag in photo.get("tags") or [] if tag.get("title")), query])),
        width_px=shown_px,
        height_px=round(height * shown_px / width) if width else 0,
        tracking_url=str(links["download_location"]),
    )


def is_premium(photo: Json) -> bool:
    """Whether a photo is of Unsplash+, which is not under the Unsplash License."""
    urls = (photo.get("urls") or {}).values()
    return bool(photo.get("premium") or photo.get("plus")) or any("plus.unsplash.com" in str(url) for url in urls)


def attribute(found: Candidate, license_id: str) -> str:
    """The credit line of a photo."""
    return answers.credit_of(found, license_id, NAME)


def open_unsplash(query: str, settings: WebSettings, client: Client) -> UnsplashListing:
    """The listing of a search.

    Raises:
        UsageError: there are no words.
    """
    if not query:
        raise UsageError("--source: expected unsplash:WORDS, got no words")
    return UnsplashListing(query, settings, client)


UNSPLASH = Service(NAME, "WORDS", open_unsplash, attribute, keys=(KEY,), key_page=KEY_PAGE, terms=TERMS, limits=LIMITS)
