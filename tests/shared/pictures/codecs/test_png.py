"""PNG files with broken chunks that do not matter, with broken ones that do, and without their end."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from shared.errors import BadInputError
from shared.pictures import decoding, pixels
from shared.pictures.codecs import png
from tests.shared.pictures.codecs.test_jpeg import waves
from tests.shared.pictures.drawn import BLUE, RED, encoded, plain

WHOLE = encoded(waves(), "PNG")
IHDR_END = 8 + 25


def chunk(kind: bytes, content: bytes, *, checksum: int | None = None, length: int | None = None) -> bytes:
    crc = zlib.crc32(content, zlib.crc32(kind)) if checksum is None else checksum
    return struct.pack(">I", len(content) if length is None else length) + kind + content + struct.pack(">I", crc)


def with_chunk(extra: bytes) -> bytes:
    """A PNG with a chunk behind its header."""
    return WHOLE[:IHDR_END] + extra + WHOLE[IHDR_END:]


def outcome(data: bytes) -> str:
    try:
        return decoding.decode(data).format
    except BadInputError as error:
        return error.reason


BROKEN = {
    "wrong checksum": chunk(b"tEXt", b"Comment\0hello", checksum=1),
    "unknown compression": chunk(b"zTXt", b"Comment\0\x07hello"),
    "no keyword": chunk(b"iTXt", b"\0\0"),
    "a resolution of one byte": chunk(b"pHYs", b"\1"),
    "an empty gamma": chunk(b"gAMA", b""),
    "a profile and an intent": chunk(b"sRGB", b"\xff\xff\xff"),
    "a private chunk": chunk(b"prVt", b"x" * 99, checksum=7),
    "a broken profile": chunk(b"iCCP", b"name\0\0junk"),
    "a long text": chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"{}" * 2_000_000)),
    "a long plain text": chunk(b"tEXt", b"workflow\0" + b"{}" * 2_000_000),
    "text that swells": chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(300 << 20), 9)),
    "a length that is too short": chunk(b"tEXt", b"Comment\0hello hello hello", length=9),
    "a length that is too long": chunk(b"tEXt", b"Comment\0hello", length=4000),
    "a length beyond the file": chunk(b"tEXt", b"Comment\0hello", length=0x7FFFFFFF),
    "a broken palette hint": chunk(b"hIST", b"\1"),
}


@pytest.mark.parametrize("extra", BROKEN.values(), ids=BROKEN)
def test_a_chunk_that_has_nothing_to_do_with_pixels_changes_nothing(extra: bytes) -> None:
    assert decoding.decode(with_chunk(extra)).jpeg == decoding.decode(WHOLE).jpeg


@pytest.mark.parametrize("kept", [1, 5, 9, 11, 20])
def test_a_chunk_cut_off_behind_the_pixels_changes_nothing(kept: int) -> None:
    data = WHOLE[: WHOLE.index(b"IEND") - 4] + chunk(b"tEXt", b"Software\0some program")[:kept]
    assert decoding.decode(data).jpeg == decoding.decode(WHOLE).jpeg


def test_a_large_profile_is_applied() -> None:
    profile = bytes(1_300_000)
    assert decoding.decode(with_chunk(chunk(b"iCCP", b"large\0\0" + zlib.compress(profile)))).format == "PNG"
    assert png.keep_needed(with_chunk(chunk(b"iCCP", b"large\0\0" + zlib.compress(profile)))).profile == profile


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_wrong_checksum_of_the_pixels_is_damage(place: int) -> None:
    pieces = [WHOLE[one + 4 :] for one in range(len(WHOLE)) if WHOLE[one : one + 4] == b"IDAT"]
    start = len(WHOLE) - len(pieces[place if place < len(pieces) else -1])
    length = struct.unpack(">I", WHOLE[start - 8 : start - 4])[0]
    damaged = bytearray(WHOLE)
    damaged[start + length] ^= 1
    with pytest.raises(BadInputError, match=r"undecodable: the PNG's chunk IDAT is damaged"):
        decoding.decode(bytes(damaged))


@pytest.mark.parametrize("lost", [1, 4, 12, 13, 16, 20, 200])
def test_a_png_without_its_last_bytes_is_kept(lost: int) -> None:
    expected, found = (pixels.open_thumbnail(decoding.decode(one).jpeg)[:200] for one in (WHOLE, WHOLE[:-lost]))
    assert np.abs(expected.astype(int) - found.astype(int)).mean() < 1


@pytest.mark.parametrize(
    ("kept", "expected"), [(0.95, "PNG"), (0.85, "truncated"), (0.5, "truncated"), (0.1, "truncated")]
)
def test_one_rule_holds_with_and_without_an_end_marker(kept: float, expected: str) -> None:
    start = WHOLE.index(b"IDAT") - 4
    end = start + round(kept * (len(WHOLE) - start))
    assert outcome(WHOLE[:end]) == expected
    pieces = zlib.compress(raw_rows())[: round(kept * len(zlib.compress(raw_rows())))]
    ended = WHOLE[:IHDR_END] + chunk(b"IDAT", pieces) + chunk(b"IEND", b"")
    assert outcome(ended) == expected


def raw_rows() -> bytes:
    """The picture's rows, each without a filter."""
    return b"".join(b"\0" + row.tobytes() for row in np.asarray(waves()))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_mode_are_completed(mode: str) -> None:
    image = waves().convert("L").convert("I").convert("I;16") if mode == "I;16" else waves().convert(mode)
    data = encoded(image, "PNG")
    assert outcome(data[: -len(data) // 50]) == "PNG"
    assert outcome(data[: len(data) // 2]) == "truncated"


def test_missing_rows_repeat_the_last_one() -> None:
    image = plain((40, 40), RED)
    image.paste(BLUE, (0, 30, 40, 40))
    rows = [b"\0" + row.tobytes() for row in np.asarray(image)][:38]
    header = encoded(image, "PNG")[:IHDR_END]
    data = header + chunk(b"IDAT", zlib.compress(b"".join(rows)))
    assert pixels.open_thumbnail(decoding.decode(data).jpeg)[39, 20].tolist() == pytest.approx(BLUE, abs=4)


def test_exif_and_transparency_come_through() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    quantised = plain().quantize(4)
    data = encoded(quantised, "PNG", exif=exif, transparency=quantised.getpixel((0, 0)))
    picture = decoding.decode(data)
    assert picture.exif["camera_make"] == "Maker"
    assert pixels.open_thumbnail(picture.jpeg)[5, 5].tolist() == pytest.approx([255] * 3, abs=3)


def test_an_interlaced_picture_without_its_end_is_measured_by_its_data() -> None:
    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 1)
    sizes = png.Header(*struct.unpack(">IIBBBBB", header)).pass_sizes()
    rows = b"".join(bytes([0, *[90] * (length - 1)]) for length, count in sizes for _ in range(count))
    for share, expected in ((0.95, "PNG"), (0.6, "truncated")):
        pieces = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows[: round(share * len(rows))]))
        assert outcome(png.SIGNATURE + pieces) == expected
