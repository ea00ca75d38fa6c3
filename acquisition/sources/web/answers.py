"""What services have in common: reading JSON, keys that are refused, quotas that are used up, sizes to choose from."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from acquisition.sources.web.protocol import Candidate, ListingError, Reply, WebSettings
from shared.errors import UsageError
from shared.licenses import OPEN, Policy, parse_policy
from shared.licenses.credits import Work, credit, to_text
from shared.secret import Secret
from shared.settings import variable

Json = dict[str, Any]

#: Of services whose downloads are not reported.
NO_HEADERS: Mapping[str, Secret] = MappingProxyType({})


class Size(NamedTuple):
    """One of the sizes in which a service offers a picture; 0 px where the service does not state it."""

    url: str
    width_px: int = 0
    height_px: int = 0


def json_object(reply: Reply) -> Json | None:
    """The JSON object of an answer, None if it is anything else."""
    try:
        answer = json.loads(reply.body)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def first_words(body: bytes, most: int = 200) -> str:
    """The beginning of an answer that was not expected, on one line."""
    return " ".join(body[: 4 * most].decode("utf-8", "replace").split())[:most] or "nothing"


def unexpected(service: str, reply: Reply) -> ListingError:
    """The error for an answer that a service never should give."""
    return ListingError(f"{service} answered {reply.status}: {first_words(reply.body)}")


def wrong_key(service: str, setting: str, key_page: str, detail: str) -> UsageError:
    """The error for a key that a service refuses; the key itself is not shown."""
    return UsageError(f"{variable(setting)}: {service} refused the key ({detail}); get one at {key_page}")


def used_up(service: str, quota: str, until: datetime) -> ListingError:
    """The error for a quota that is used up."""
    return ListingError(
        f"{service}: {quota} is used up until about {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC; what is listed is kept and "
        "downloaded, and the same command goes on from there later"
    )


def after(seconds: float) -> datetime:
    """The time that many seconds from now."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def seconds_in(headers: Mapping[str, str], name: str, default: float) -> float:
    """A header's number of seconds."""
    try:
        return max(0.0, float(headers.get(name, "")))
    except ValueError:
        return default


def endpoint_of(settings: WebSettings, public: str) -> str:
    """The address of a service's API.

    Raises:
        UsageError: the user's is none of the web.
    """
    endpoint = settings.endpoint.strip() or public
    if not all(one.startswith(("https://", "http://")) for one in endpoint.split()):
        raise UsageError(f"--endpoint: expected an address that begins with https:// or http://, got {endpoint!r}")
    return endpoint.rstrip("/")


def policy_of(settings: WebSettings) -> Policy:
    """The licences that the user accepts."""
    return parse_policy(",".join(settings.licenses) or OPEN)


def choose_size(sizes: Iterable[Size], settings: WebSettings) -> Size | None:
    """The smallest size that is wide enough, else the largest; the largest for originals; None without any."""
    there = sorted((size for size in sizes if size.url), key=lambda size: size.width_px)
    if not there:
        return None
    wide = [size for size in there if size.width_px >= settings.width_px and not settings.is_original]
    return wide[0] if wide else there[-1]


def page_number(cursor: str | None) -> int:
    """The page that a cursor stands for, from 1."""
    return int(cursor) if cursor else 1


def credit_of(found: Candidate, license_id: str, service: str, *, is_scaled: bool = False) -> str:
    """The credit line of a candidate."""
    work = Work(
        title=found.title,
        author=found.author,
        author_url=found.author_url,
        source_url=found.source_url,
        license_id=license_id,
        license=found.license,
        license_url=found.license_url,
        service=service,
        is_scaled=is_scaled,
    )
    return to_text(credit(work))
