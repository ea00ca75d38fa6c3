"""Pictures of other formats whose data ends too early."""

import pytest

from shared.errors import BadInputError
from shared.pictures import decoding
from tests.shared.pictures.codecs.test_jpeg import waves
from tests.shared.pictures.drawn import encoded, plain


def outcome(data: bytes) -> str:
    try:
        return decoding.decode(data).format
    except BadInputError as error:
        return error.reason


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF"])
@pytest.mark.parametrize(("lost", "is_kept"), [(0.001, True), (0.05, True), (0.15, False), (0.6, False)])
def test_at_most_a_tenth_may_be_missing(kind: str, lost: float, is_kept: bool) -> None:
    data = encoded(waves(), kind)
    if kind == "TIFF":  # Pillow writes the directory behind the pixels; put it in front by a file that has it there
        data = directory_first(data)
    assert outcome(data[: round(len(data) * (1 - lost))]) == (kind if is_kept else "truncated")


def directory_first(data: bytes) -> bytes:
    """The same TIFF with its directory in front of its one strip."""
    image = waves()
    rows = image.tobytes()
    tags = [(256, 4, image.width), (257, 4, image.height), (258, 3, 8), (259, 3, 1), (262, 3, 2)]
    tags += [(273, 4, 200), (277, 3, 3), (278, 4, image.height), (279, 4, len(rows))]
    entries = b"".join(
        tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little") + value.to_bytes(4, "little")
        for tag, kind, value in tags
    )
    head = b"II*\0\x08\0\0\0" + len(tags).to_bytes(2, "little") + entries + bytes(4)
    return head.ljust(200, b"\0") + rows


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (128, 128, 128)])
def test_rows_of_one_colour_are_not_missing(color: tuple[int, int, int]) -> None:
    assert outcome(encoded(plain((100, 100), color), "BMP")) == "BMP"


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_a_codec_that_gives_all_or_nothing_gives_nothing(kind: str) -> None:
    assert outcome(encoded(waves(), kind)[:-400]) == "undecodable"
