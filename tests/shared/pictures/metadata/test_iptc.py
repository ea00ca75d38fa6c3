"""IPTC blocks, in both character sets, whole and broken."""

import pytest

from shared.pictures.metadata.described import NO_DESCRIPTION
from shared.pictures.metadata.iptc import iptc_description


def dataset(number: int, content: bytes, record: int = 2) -> bytes:
    return bytes((0x1C, record, number)) + len(content).to_bytes(2, "big") + content


TEXTS = {5: "Zürich", 80: "Öz", 116: "© Öz", 25: "See", 55: "20210704", 60: "101112+0200"}


def block(encoding: str, *, declared: bool) -> bytes:
    head = dataset(90, b"\x1b%G", record=1) if declared else b""
    return (
        head + b"".join(dataset(number, text.encode(encoding)) for number, text in TEXTS.items()) + dataset(25, b"Alps")
    )


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", True), ("utf-8", False), ("latin-1", False)])
def test_a_block_is_read_in_its_character_set(encoding: str, declared: bool) -> None:
    assert iptc_description(block(encoding, declared=declared)) == NO_DESCRIPTION._replace(
        title="Zürich", author="Öz", license="© Öz", tags=("See", "Alps"), date_taken="2021-07-04T10:11:12+02:00"
    )


@pytest.mark.parametrize("end", [0, 1, 4, 7, 20, 33])
def test_a_block_that_is_cut_says_what_is_there(end: int) -> None:
    assert iptc_description(block("utf-8", declared=True)[:end]).license == ""


@pytest.mark.parametrize("data", [b"\x1c", b"junk" * 99, b"\x1c\x02\x05\xff\xff" + b"x" * 50])
def test_junk_says_nothing(data: bytes) -> None:
    assert iptc_description(data) == NO_DESCRIPTION
