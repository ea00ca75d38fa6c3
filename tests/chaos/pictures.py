"""A small collection with everything in it that a pipeline must keep apart: pictures, copies, broken files."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

SIDES_PX = (48, 160)
COPY_EVERY = 9  # a picture is stored a second time under another name
BROKEN = {"empty.jpg": b"", "text.png": b"not a picture\n"}


def draw(seed: int) -> bytes:
    """A picture file: soft gradients, some noise; JPEG or PNG, no two alike."""
    dice = np.random.default_rng(seed)
    width, height = (int(side) for side in dice.integers(*SIDES_PX, 2))
    corners = Image.fromarray(dice.integers(0, 256, (3, 3, 3), np.uint8))
    pixels = np.asarray(corners.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    noisy = np.clip(pixels + dice.integers(-20, 20, pixels.shape), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(noisy).save(file, "PNG" if seed % 4 == 0 else "JPEG")
    return file.getvalue()


def files(first: int, last: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the pictures with these numbers, their copies and the broken files among them."""
    for number in range(first, last):
        data = draw(number)
        yield f"picture-{number:04d}.jpg", data
        if number % COPY_EVERY == 0:
            yield f"copy-{number:04d}.jpg", data
    yield f"cut-{first:04d}.jpg", draw(first)[:200]


def write_source(folder: Path, first: int, last: int) -> int:
    """Store pictures in a folder, and the broken files if they are the first; return how many files that is."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = dict(files(first, last)) | ({} if first else BROKEN)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return len(contents)
