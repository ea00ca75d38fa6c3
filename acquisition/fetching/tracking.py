"""Tracking addresses: services such as Unsplash ask to be told once of each picture that is kept."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from pyspark import RDD

from acquisition.fetching.client import ServiceClient
from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import STORED
from acquisition.fetching.picture import result_row
from acquisition.fetching.plan import Record
from acquisition.sources.web.protocol import ListingError
from shared.secret import Secret

log = logging.getLogger("acquisition")

QUOTA_STATUSES = (403, 429)
#: There is nothing to report of.
GONE_STATUSES = frozenset({404, 410})


def track(client: ServiceClient, journal: Journal, records: "RDD[Record]", headers: Mapping[str, Secret]) -> int:
    """Call the tracking address of each stored picture that has one and was not told of yet; how many were called.

    The bytes are on the volume and their outcome is in the journal by now; each call is noted before the next. At the first
    refusal the others are left to the next run: a quota is used up, or the service has a problem.
    """
    sent = {name: value.reveal() for name, value in headers.items()}
    called = 0
    for record in records.filter(is_due).toLocalIterator():
        try:
            status = client.get(record.row["tracking_url"], headers=sent, final=QUOTA_STATUSES).status
        except ListingError as error:
            log.warning("acquisition: downloads are reported by the next run: %s", error)
            break
        if status >= 400 and status not in GONE_STATUSES:
            log.warning(
                "acquisition: the other downloads are reported by the next run: the service answered %s", status
            )
            break
        result = {name: value for name, value in (record.result or {}).items() if name != "fetched"}
        row = result_row((record.row["record"], record.row["url"]), datetime.now(UTC), **result)
        journal.add_outcomes([{**row, "is_tracked": True}])
        called += 1
    return called


def is_due(record: Record) -> bool:
    """Whether a picture is kept that its service was not told of."""
    result = record.result
    return bool(record.row["tracking_url"] and result and result["outcome"] in STORED and not result["is_tracked"])
