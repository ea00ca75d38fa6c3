"""One picture from its address to the volume: asked for, judged, checked while it arrives, stored by its content."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NamedTuple, cast
from urllib.parse import urlsplit

from acquisition.fetching.hosts.opt_outs import PROHIBITED, header_opt_out
from acquisition.fetching.outcomes import NOT_MODIFIED, OK, PLACEHOLDERS, RedirectedError, RefusedError, judge_status
from acquisition.fetching.rules import FetchRules
from shared.fetching.addresses import next_url
from shared.fetching.door import Door
from shared.fetching.limits import REDIRECTS, Answer, FetchError, location_of
from shared.pictures.codecs.signatures import HEAD_BYTES, claimed_size, ending_of
from shared.pictures.originals import IMAGE_ID_LENGTH
from shared.storage import Storage
from shared.storage.volume import IMAGES

IN_MEMORY_BYTES, START_BYTES, COPY_BYTES = 4 << 20, 256 << 10, 1 << 20
LONGEST_VALIDATOR = 1024
ACCEPT = "image/avif,image/webp,image/png,image/jpeg,image/gif,image/tiff,image/*;q=0.8"


class Ask(NamedTuple):
    """An address to be asked, for all records that are there.

    Args:
        url: where redirects have led to so far.
        records: identity and address as listed of each.
        hops: addresses before `url`.
        declared: digest that the bytes must have, such as `sha1:...`.
        etag, last_modified: of the stored bytes, for a conditional request.
        stored: columns of the stored bytes.
        tries: runs before this one that could not have it.
        attempt: of this run.
    """

    url: str
    records: tuple[tuple[str, str], ...]
    hops: tuple[str, ...] = ()
    declared: str = ""
    etag: str = ""
    last_modified: str = ""
    stored: "Stored | None" = None
    tries: int = 0
    attempt: int = 1


class Stored(NamedTuple):
    """Bytes on the volume."""

    sha256: str
    key: str
    size_bytes: int
    etag: str = ""
    last_modified: str = ""


class Got(NamedTuple):
    """A final outcome with bytes."""

    outcome: str
    stored: Stored
    status: int


def fetch_picture(
    door: Door, volume: Storage, rules: FetchRules, ask: Ask, spend: Callable[[int], None] = lambda _: None
) -> Got:
    """Ask once, and store what comes.

    Args:
        spend: told how many bytes have arrived; may wait.

    Raises:
        RefusedError: there is no picture to be had.
        RedirectedError: it is at another address.
    """
    try:
        with door.ask(ask.url, _headers(ask)) as answer:
            check_answer(answer, ask, rules)
            if answer.status == 304 and ask.stored is not None:
                return Got(NOT_MODIFIED, ask.stored, 304)
            with cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)) as file:
                received = receive(door.chunks(answer, rules.max_bytes), file, ask.declared, spend)
                ending = check_received(received, ask, rules)
                stored = store(volume, file, received, ending)
            etag, last_modified = (validator(answer, name) for name in ("ETag", "Last-Modified"))
            return Got(OK, stored._replace(etag=etag, last_modified=last_modified), answer.status)
    except FetchError as error:
        raise RefusedError(error.kind, str(error), is_hosts_fault=error.kind == "transient") from error


def validator(answer: Answer, name: str) -> str:
    """A header for a conditional request; empty for one that is so long that the host may refuse to read it back."""
    value = str(answer.headers.get(name, ""))
    return value if len(value) <= LONGEST_VALIDATOR else ""


def _headers(ask: Ask) -> dict[str, str]:
    if ask.stored is None:
        return {"Accept": ACCEPT}
    conditions = {"If-None-Match": ask.etag, "If-Modified-Since": ask.last_modified}
    return {"Accept": ACCEPT, **{name: value for name, value in conditions.items() if value}}


def check_answer(answer: Answer, ask: Ask, rules: FetchRules) -> None:
    """Accept 200 and 304 without an opt-out; errors as `fetch_picture`."""
    location = location_of(answer)
    if answer.status in REDIRECTS and location:
        next_url = target_of(ask.url, location, answer.status)
        if next_url in (*ask.hops, ask.url) or len(ask.hops) >= rules.limits.redirects:
            raise RefusedError("redirect_loop", f"redirects lead on to {next_url[:200]}", status=answer.status)
        if urlsplit(next_url).path.startswith(PLACEHOLDERS):
            raise RefusedError("gone", "the server shows a placeholder instead", status=answer.status)
        raise RedirectedError(next_url)
    if answer.status != 200 and not (answer.status == 304 and ask.stored is not None):
        raise judge_status(answer.status, answer.headers.get("Retry-After", ""), time.time())
    if reason := header_opt_out(answer.headers.items()):
        raise RefusedError("refused_optout", reason, status=answer.status)


def target_of(url: str, location: str, status: int) -> str:
    """The address that a redirect leads to.

    Raises:
        RefusedError: it is none of the web.
    """
    try:
        return next_url(url, location)
    except FetchError as error:
        raise RefusedError("blocked_address", f"redirects to no address of the web: {error}", status=status) from error


class Received(NamedTuple):
    """Bytes that have arrived.

    Args:
        start: the first START_BYTES.
        declared: their digest in the algorithm that the source states one in.
    """

    sha256: str
    declared: str
    size_bytes: int
    start: bytes
    is_prohibited: bool


def receive(chunks: Iterator[bytes], file: BinaryIO, declared: str, spend: Callable[[int], None]) -> Received:
    """Write a body to a file while it arrives; ends as soon as it can be no picture.

    Raises:
        RefusedError: not_image.
    """
    sha256, algorithm = hashlib.sha256(), declared.partition(":")[0]
    other = hashlib.new(algorithm, usedforsecurity=False) if algorithm else None
    start, tail, n_bytes, is_prohibited = b"", b"", 0, False
    for chunk in chunks:
        sha256.update(chunk)
        if other:
            other.update(chunk)
        file.write(chunk)
        n_bytes += len(chunk)
        if len(start) < START_BYTES:
            start += chunk[: START_BYTES - len(start)]
            if n_bytes >= HEAD_BYTES > n_bytes - len(chunk):
                _check_head(start)
        is_prohibited = is_prohibited or PROHIBITED in tail + chunk
        tail = chunk[-len(PROHIBITED) :]
        spend(len(chunk))
    found = f"{algorithm}:{other.hexdigest()}" if other else ""
    return Received(sha256.hexdigest(), found, n_bytes, start, is_prohibited)


def _check_head(start: bytes) -> None:
    if not start:
        raise RefusedError("not_image", "the answer is empty", status=200)
    if not ending_of(start):
        shown = " ".join(start[:60].decode("utf-8", "replace").split())
        raise RefusedError("not_image", f"the bytes begin with {shown!r}", status=200)


def check_received(received: Received, ask: Ask, rules: FetchRules) -> str:
    """The ending of a picture's format.

    Raises:
        RefusedError: it is none, or not to be stored.
    """
    _check_head(received.start)
    ending = ending_of(received.start)
    if ask.declared and received.declared != ask.declared:
        detail = f"expected {ask.declared}, got {received.declared}"
        raise RefusedError("hash_mismatch", detail, status=200)
    if received.is_prohibited:
        raise RefusedError("refused_optout", "its metadata prohibit data mining (plus:DataMining)", status=200)
    size = claimed_size(received.start, ending)
    if size is not None and 0 in size:
        raise RefusedError("bad_image", f"its header claims {size[0]} x {size[1]} pixels", status=200)
    if size is not None and min(size) < rules.min_side_px:
        raise RefusedError(
            "too_small", f"expected {rules.min_side_px} px or more, got {size[0]} x {size[1]}", status=200
        )
    return ending


def store(volume: Storage, file: BinaryIO, received: Received, ending: str) -> Stored:
    """Put the bytes where their content says, unless they are there."""
    image_id = received.sha256[:IMAGE_ID_LENGTH]
    key = f"{IMAGES}/{image_id[:2]}/{image_id}.{ending}"
    there = volume.stat(key)
    if there is None or there.size_bytes != received.size_bytes:
        file.seek(0)
        volume.put(key, _pieces(file))
    return Stored(received.sha256, key, received.size_bytes)


def _pieces(file: BinaryIO) -> Iterable[bytes]:
    while piece := file.read(COPY_BYTES):
        yield piece


def result_row(record: tuple[str, str], now: Any, **values: Any) -> dict[str, Any]:
    """A row of OUTCOMES: these values, the others empty."""
    empty = {"detail": "", "status": 0, "tries": 0, "sha256": "", "key": "", "size_bytes": -1, "etag": ""}
    more = {"last_modified": "", "final_url": "", "fetched": now, "is_tracked": False}
    return {"record": record[0], "url": record[1], **empty, **more, **values}
