"""From settings to downloads: what a source of the web needs is checked before Spark starts, then the engine is run."""

from datetime import UTC, datetime

from pyspark import SparkContext

from acquisition.fetching import job
from acquisition.fetching.client import ServiceClient
from acquisition.fetching.job import Wanted
from acquisition.fetching.journal import Journal
from acquisition.fetching.plan import Wishes
from acquisition.fetching.rules import FetchRules
from acquisition.removal import removed_ids
from acquisition.settings import Settings
from acquisition.sources.source import Source, WebQuery
from acquisition.sources.web.protocol import WebSettings
from shared import tables
from shared.errors import UsageError
from shared.licenses import parse_policy
from shared.pictures.headers import MIB
from shared.secret import Secret
from shared.settings import variable


def check(web: WebQuery, settings: Settings) -> None:
    """Do nothing if a source of the web can be asked with these settings.

    Raises:
        UsageError: a contact, a key or an agreement is missing, or the query cannot be.
    """
    service = web.service
    parse_policy(settings.licenses)
    if settings.contact and not (settings.contact.isascii() and settings.contact.isprintable()):
        raise UsageError(f"--contact: expected a mail or web address in ASCII, got {settings.contact!a}")
    if service.terms and service.name not in settings.accept_terms:
        raise UsageError(
            f"--accept-terms: {service.name} asks for this: {service.terms} Agree with --accept-terms {service.name}"
        )
    if service.needs_contact and not settings.contact:
        raise UsageError(
            f"--contact: {service.name} asks for a mail or web address of who runs this, such as --contact me@example.org"
        )
    keys = web_settings(settings).keys
    for name, secret in keys.items():
        if not (secret.reveal().isascii() and secret.reveal().isprintable()) or " " in secret.reveal():
            raise UsageError(f"{variable(name)}: expected a key in ASCII without blanks, got other characters")
    for key in service.keys:
        if key not in keys:
            where = f"; get one at {service.key_page}" if service.key_page else ""
            raise UsageError(
                f"expected a key of {service.name} in the variable {variable(key)} or the line {key} of a profile file{where}"
            )
    service.open(
        web.query, web_settings(settings), ServiceClient(fetch_rules(settings), Journal.of(settings.volume, ""))
    )


def web_settings(settings: Settings) -> WebSettings:
    """What services are asked with."""
    return WebSettings(
        contact=settings.contact or "",
        licenses=(settings.licenses,),
        limit=settings.limit,
        min_side_px=settings.min_side,
        width_px=settings.width,
        is_original=settings.original,
        keys={name: value for name, value in vars(settings).items() if isinstance(value, Secret)},
        endpoint=settings.endpoint or "",
    )


def fetch_rules(settings: Settings) -> FetchRules:
    """What downloads keep to."""
    return FetchRules(
        contact=settings.contact or "",
        requests_per_s=settings.requests_per_s,
        is_loopback_allowed=settings.allow_loopback,
        max_bytes=settings.max_mib * MIB,
        min_side_px=settings.min_side,
    )


def download(sc: SparkContext, settings: Settings, source: Source, rules: FetchRules | None = None) -> None:
    """Bring FETCHES and the originals to what a source of the web is now; errors as `job.collect`."""
    volume = settings.volume
    if source.web is None:
        return
    used = rules or fetch_rules(settings)
    wishes = Wishes(
        source_id=source.id,
        source=source.web.service.name,
        policy=parse_policy(settings.licenses),
        min_side_px=settings.min_side,
        max_runs=used.max_runs,
        started=datetime.now(UTC),
        removed=removed_ids(volume, tables.open_snapshot(volume)),
        is_refresh=settings.refresh,
        is_authoritative=not source.web.is_resumable,
        is_removal_allowed=settings.allow_removal,
    )
    wanted = Wanted(source.web.service, source.web.query, web_settings(settings), used, wishes, source.web.is_alone)
    job.collect(sc, volume, wanted)
