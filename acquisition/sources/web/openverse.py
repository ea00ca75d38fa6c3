"""Openverse as a service: openly licensed pictures of many collections; an account is not needed.

Source: https://api.openverse.org/v1/, https://docs.openverse.org/terms_of_service.html
"""

import re

from acquisition.sources.web import answers, markup
from acquisition.sources.web.answers import Json
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
from shared.licenses import find_license
from shared.secret import Secret

NAME, KEY = "openverse", "openverse_client"
KEY_PAGE = "https://api.openverse.org/v1/#tag/auth"
ENDPOINT = "https://api.openverse.org/v1"
#: Without an account no more are answered on a page, and no more pages.
PER_PAGE, MOST_PAGES = 20, 12
LICENSES = ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd", "cc0", "pdm")
#: Tags below this are guesses of a program.
LEAST_ACCURACY = 0.9
WAIT = re.compile(r"available in (\d+) seconds?")
DAY_S = 86_400.0

#: 20 requests a minute and 200 a day without an account.
LIMITS = (HostLimit("api.openverse.org", requests=20, period_s=60),)


class OpenverseListing:
    """A search at Openverse, opened."""

    tracking_headers = answers.NO_HEADERS

    def __init__(self, query: str, settings: WebSettings, client: Client) -> None:
        self._query = query
        self._client = client
        self._key = settings.keys.get(KEY)
        self._token: Secret | None = None
        self._endpoint = answers.endpoint_of(settings, ENDPOINT)
        policy = answers.policy_of(settings)
        self._licenses = [code for code in LICENSES if policy.accepts(find_license(code=code))]
        if not self._licenses:
            raise UsageError(
                f"--licenses: openverse has pictures under {', '.join(LICENSES)}; none of them is accepted"
            )

    def list(self, cursor: str | None) -> Page:
        """A page of pictures. Errors as `Listing.list`."""
        page = answers.page_number(cursor)
        params = {"q": self._query, "license": ",".join(self._licenses), "mature": "false", "filter_dead": "true"}
        place = {"page": str(page), "page_size": str(PER_PAGE)}
        reply = self._client.get(f"{self._endpoint}/images/", {**params, **place}, self._headers(), final=(429,))
        check(reply)
        answer = answers.json_object(reply)
        if answer is None or not isinstance(answer.get("results"), list):
            raise answers.unexpected(NAME, reply)
        if not answer["results"] and page == 1:
            raise ListingError(f"openverse finds nothing for {self._query!r}")
        found = [to_candidate(one, self._query) for one in answer["results"] if one.get("url")]
        is_over = not answer["results"] or page >= min(MOST_PAGES, int(answer.get("page_count") or 0))
        total = min(int(answer.get("result_count") or 0), PER_PAGE * MOST_PAGES)
        return Page(found, None if is_over else str(page + 1), total)

    def _headers(self) -> dict[str, str]:
        """What names the account, if the user has one: its limits are wider.

        Raises:
            UsageError: Openverse does not know the account.
        """
        if self._key is None:
            return {}
        if self._token is None:
            name, _, secret = self._key.reveal().partition(":")
            form = {"client_id": name, "client_secret": secret, "grant_type": "client_credentials"}
            reply = self._client.post(f"{self._endpoint}/auth_tokens/token/", form)
            token = (answers.json_object(reply) or {}).get("access_token")
            if reply.status != 200 or not token:
                raise answers.wrong_key(NAME, KEY, KEY_PAGE, f"{reply.status}: {answers.first_words(reply.body)}")
            self._token = Secret(str(token))
        return {"Authorization": f"Bearer {self._token.reveal()}"}


def check(reply: Reply) -> None:
    """Refuse an answer that is an error.

    Raises:
        ListingError: the quota is used up, or Openverse has a problem.
        UsageError: the query is refused.
    """
    if reply.status == 200:
        return
    detail = str((answers.json_object(reply) or {}).get("detail") or answers.first_words(reply.body))
    if reply.status == 429:
        wait = WAIT.search(detail)
        seconds = float(wait.group(1)) if wait else answers.seconds_in(reply.headers, "retry-after", DAY_S)
        raise answers.used_up(NAME, "the quota of 20 requests a minute and 200 a day", answers.after(seconds))
    if reply.status == 400:
        raise UsageError(f"--source: openverse refused the query: {detail}")
    raise ListingError(f"openverse answered {reply.status}: {detail}")


def to_candidate(one: Json, query: str) -> Candidate:
    """The candidate of a picture; its licence is as it was when Openverse indexed it."""
    code, version = str(one.get("license") or ""), str(one.get("license_version") or "")
    return Candidate(
        record=str(one["id"]),
        url=str(one["url"]),
        source_url=str(one.get("foreign_landing_url") or ""),
        title=markup.plain(one.get("title")),
        author=markup.plain(one.get("creator")),
        author_url=str(one.get("creator_url") or ""),
        license=f"{code} {version}".strip(),
        license_url=str(one.get("license_url") or ""),
        license_code=f"{code} {version}".strip(),
        tags=tuple(dict.fromkeys([*(str(tag["name"]) for tag in one.get("tags") or [] if is_certain(tag)), query])),
        width_px=int(one.get("width") or 0),
        height_px=int(one.get("height") or 0),
    )


def is_certain(tag: Json) -> bool:
    """Whether a tag is a person's, or a program is sure of it."""
    accuracy = tag.get("accuracy")
    return bool(tag.get("name")) and (accuracy is None or accuracy >= LEAST_ACCURACY)


def attribute(found: Candidate, license_id: str) -> str:
    """The credit line of a picture."""
    return answers.credit_of(found, license_id, NAME)


def open_openverse(query: str, settings: WebSettings, client: Client) -> OpenverseListing:
    """The listing of a search.

    Raises:
        UsageError: there are no words, or Openverse has nothing under the accepted licences.
    """
    if not query:
        raise UsageError("--source: expected openverse:WORDS, got no words")
    return OpenverseListing(query, settings, client)


OPENVERSE = Service(NAME, "WORDS", open_openverse, attribute, limits=LIMITS)
