"""What the first bytes of a file say: the ending of its format, and the size that its header claims. Nothing is decoded."""

import re

from shared.pictures.headers import webp_size

#: Bytes that are enough for `ending_of`.
HEAD_BYTES = 32
SIGNATURES = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n\x1a\n": "png",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
    b"BM": "bmp",
    b"II*\0": "tif",
    b"MM\0*": "tif",
    b"II+\0": "tif",
    b"8BPS": "psd",
    b"\0\0\0\x0cjP  \r\n\x87\n": "jp2",
    b"\xff\x4f\xff\x51": "j2k",
    b"FUJIFILMCCD-RAW": "raf",
    b"IIU\0": "rw2",
    b"IIRO": "orf",
}
HEIF_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic"}
#: A JPEG frame's header: marker, length, bits, height, width.
FRAME = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(..)(..)", re.DOTALL)


def ending_of(head: bytes) -> str:
    """The usual ending of a picture that begins so; empty if it is none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return HEIF_BRANDS.get(head[8:12], "cr3" if head[8:12] == b"crx " else "")
    return next((ending for start, ending in SIGNATURES.items() if head.startswith(start)), "")


def claimed_size(start: bytes, ending: str) -> tuple[int, int] | None:
    """Width and height, px, that a PNG, GIF, WebP or JPEG claims in its first bytes; None if that is not known.

    Source: PNG, third edition, 11.2.1; GIF89a, 18; ITU-T T.81, B.2.2.
    """
    if ending == "png":
        return _pair(start[16:24], 4, "big") if start[12:16] == b"IHDR" and len(start) >= 24 else (0, 0)
    if ending == "gif":
        return _pair(start[6:10], 2, "little")
    if ending == "webp":
        return webp_size(start)
    found = FRAME.search(start) if ending == "jpg" else None
    return (int.from_bytes(found[2], "big"), int.from_bytes(found[1], "big")) if found else None


def _pair(data: bytes, width: int, order: str) -> tuple[int, int]:
    first, second = data[:width], data[width : 2 * width]
    big = order == "big"
    return int.from_bytes(first, "big" if big else "little"), int.from_bytes(second, "big" if big else "little")
