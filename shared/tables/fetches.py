"""Contracts about what comes from the web: whose a picture is, and what became of each address that was asked for."""

import pyarrow as pa

from shared.tables.columns import STRINGS, Contract, column

SOURCE_ID = column("source_id", pa.string(), "the source that lists it: an absolute path, `sample` or `service:query`")

#: Columns of the origin that tables did not have before there were sources on the web.
WEB_ORIGIN_COLUMNS = [
    column("license_id", pa.string(), "the licence's identifier: SPDX's or LicenseRef-..., `unknown`; empty for files"),
    column("license_url", pa.string(), "address of the licence's text, empty if unknown"),
    column("author_url", pa.string(), "page about the author, empty if unknown"),
    column("attribution", pa.string(), "credit line, as the licence and the source ask for it; empty if unknown"),
    column("download_url", pa.string(), "where the bytes came from, empty for files"),
    column("display_url", pa.string(), "where the picture must be shown from if its source asks for that, else empty"),
    column("taken_at", pa.string(), "when it was taken as the source states it, ISO 8601; empty if unknown"),
]
OF_THE_WEB = tuple(one.name for one in WEB_ORIGIN_COLUMNS)
ORIGIN_COLUMNS = [
    column("source_url", pa.string(), "where the picture came from, empty if unknown"),
    column("license", pa.string(), "licence as the source states it, empty if unknown"),
    column("author", pa.string(), "author as the source states it, empty if unknown"),
    column("title", pa.string(), "title as the source states it, empty if unknown"),
    column("tags", STRINGS, "tags the source gives; for a folder the folder's name"),
    *WEB_ORIGIN_COLUMNS,
]

RECORD_COLUMNS = [
    column("record", pa.string(), "the picture's identity at its source: a service's id, or the canonical address"),
    column("url", pa.string(), "where its bytes are, as the source states it"),
]
DECLARED_COLUMNS = [
    column("width_px", pa.int32(), "as the source states it, 0 if unknown"),
    column("height_px", pa.int32(), "as the source states it, 0 if unknown"),
    column("declared", pa.string(), "digest that the bytes must have, such as `sha1:...`; empty if none is stated"),
    column("tracking_url", pa.string(), "address to be called once the bytes are stored; empty if none is"),
]

#: One row per picture of a page of a listing, in its order. Never published.
CANDIDATES = Contract("candidates", pa.schema([*RECORD_COLUMNS, *ORIGIN_COLUMNS, *DECLARED_COLUMNS]))

RESULT_COLUMNS = [
    column("outcome", pa.string(), "one of acquisition.fetching.outcomes.OUTCOMES"),
    column("detail", pa.string(), "why, for a person; empty for ok"),
    column("status", pa.int32(), "of the last HTTP answer, 0 without one"),
    column("tries", pa.int32(), "runs that asked for it without a final answer"),
    column("sha256", pa.string(), "of the stored bytes, hex; empty if none are"),
    column("key", pa.string(), "where the bytes are on the volume, empty if nowhere"),
    column("size_bytes", pa.int64(), "of the stored bytes, -1 without"),
    column("etag", pa.string(), "as the server states it, for conditional requests"),
    column("last_modified", pa.string(), "as the server states it, for conditional requests"),
    column("final_url", pa.string(), "where redirects led to"),
    column("fetched", pa.timestamp("us", tz="UTC"), "when the outcome was known"),
    column("is_tracked", pa.bool_(), "whether the tracking address was called"),
]

#: One row per outcome, in the order in which a task knew them. Never published.
OUTCOMES = Contract("outcomes", pa.schema([*RECORD_COLUMNS, *RESULT_COLUMNS]))

#: One row per source and picture of the web that it lists, with what became of it.
FETCHES = Contract(
    "fetches",
    pa.schema(
        [
            SOURCE_ID,
            column("source", pa.string(), "as in images"),
            *RECORD_COLUMNS,
            *RESULT_COLUMNS,
            *ORIGIN_COLUMNS,
            *DECLARED_COLUMNS,
        ]
    ),
)
