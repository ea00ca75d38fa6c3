"""What can become of an address, and how an answer is judged."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

OK, NOT_MODIFIED, TRANSIENT, GONE = "ok", "not_modified", "transient", "gone"
#: Every outcome; all but TRANSIENT are final.
OUTCOMES = {
    OK: "stored",
    NOT_MODIFIED: "stored before, and the same still",
    GONE: "not there any more, or not for us",
    "refused_robots": "robots.txt disallows it",
    "refused_optout": "its owner reserves it: X-Robots-Tag, TDM reservation or metadata",
    "refused_license": "its licence is none of --licenses",
    "too_small": "smaller than --min-side",
    "too_big": "more bytes than --max-mib",
    "not_image": "the bytes are no picture",
    "bad_image": "the beginning of a picture, and not more",
    "ssl": "TLS cannot be verified",
    "redirect_loop": "redirects lead nowhere",
    "blocked_address": "no public address",
    "bad_address": "no address of the web",
    "hash_mismatch": "other bytes than the source declares",
    TRANSIENT: "could not be had just now; the next run asks again",
}
#: Never published: redirects lead to a host that another task asks.
REDIRECTED = "redirected"
STORED = frozenset({OK, NOT_MODIFIED})
#: Where redirects lead to instead of 404. Source: https://www.flickr.com/help/forum/en-us/72157600271165071/
PLACEHOLDERS = ("/photo_unavailable", "/images/photo_unavailable")
WAIT_STATUSES = frozenset({408, 425, 429})
GONE_STATUSES = frozenset({401, 402, 403, 404, 410, 451})


class RefusedError(Exception):
    """A picture that is not stored.

    Args:
        outcome: of OUTCOMES.
        retry_after_s: how long the host asks to be left alone; None: it does not say.
        is_hosts_fault: counts towards leaving the host alone.
    """

    def __init__(
        self,
        outcome: str,
        detail: str,
        *,
        status: int = 0,
        retry_after_s: float | None = None,
        is_hosts_fault: bool = False,
    ) -> None:
        super().__init__(outcome, detail)
        self.outcome, self.detail, self.status = outcome, detail, status
        self.retry_after_s, self.is_hosts_fault = retry_after_s, is_hosts_fault


class RedirectedError(Exception):
    """The host sends to another address."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class Verdict(NamedTuple):
    """An outcome and why."""

    outcome: str
    detail: str


def judge_status(status: int, retry_after: str, now: float) -> RefusedError:
    """What a status that is neither success nor redirect means."""
    after_s = retry_after_s(retry_after, now)
    if status in WAIT_STATUSES or status >= 500:
        return RefusedError(
            TRANSIENT, f"the server answered {status}", status=status, retry_after_s=after_s, is_hosts_fault=True
        )
    return RefusedError(
        GONE, f"the server answered {status}", status=status, retry_after_s=after_s, is_hosts_fault=status == 403
    )


def retry_after_s(value: str, now: float) -> float | None:
    """Seconds that a header `Retry-After` asks for, as a number or a date; None without one.

    Source: RFC 9110, section 10.2.3.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text), 10**9))
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, date.timestamp() - now)


def moment(seconds: float) -> str:
    """A time for people, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
