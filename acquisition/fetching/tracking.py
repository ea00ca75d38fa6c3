"""Tracking addresses: services such as Unsplash ask to be told once of each picture that is kept."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pyspark import RDD

from acquisition.fetching.client import ServiceClient
from acquisition.fetching.journal import Journal
from acquisition.fetching.outcomes import STORED
from acquisition.fetching.picture import result_row
from acquisition.fetching.plan import Record
from shared.secret import Secret


def track(client: ServiceClient, journal: Journal, records: "RDD[Record]", headers: Mapping[str, Secret]) -> int:
    """Call the tracking address of each stored picture that has one and was not told of yet; how many were called.

    The bytes are on the volume and their outcome is in the journal by now; each call is noted before the next.
    """
    called = 0
    for record in records.filter(is_due).toLocalIterator():
        sent = {name: value.reveal() for name, value in headers.items()}
        if client.get(record.row["tracking_url"], headers=sent).status < 400:
            result = {name: value for name, value in (record.result or {}).items() if name != "fetched"}
            row = result_row((record.row["record"], record.row["url"]), datetime.now(UTC), **result)
            journal.add_outcomes([{**row, "is_tracked": True}])
            called += 1
    return called


def is_due(record: Record) -> bool:
    """Whether a picture is kept that its service was not told of."""
    result = record.result
    return bool(record.row["tracking_url"] and result and result["outcome"] in STORED and not result["is_tracked"])
