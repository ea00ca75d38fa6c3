"""Orders that a collection can be listed in; each is computed once for a generation of the index."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.browse.facets import numbers_of
from recommendation.index.filters import ASCII, LONGEST_COMPARED, heads
from recommendation.index.metadata import Texts
from recommendation.index.pictures import Pictures

#: What a collection can be sorted by, and the column that has it.
SORTS = {
    "id": "image_id",
    "filename": "filename",
    "date": "date_taken",
    "brightness": "brightness",
    "color": "color_rgb",
}
WORD_BYTES = 8
GRAY = 24  # difference between a colour's largest and smallest channel, 0..255, below which it has no hue


class Order(NamedTuple):
    """All rows in an order.

    Args:
        rows: those that have a value first, then those without, by image_id.
        present: how many have a value.
    """

    rows: NDArray[np.int32]
    present: int

    def descending(self) -> NDArray[np.int32]:
        """The other way round; rows without a value stay last."""
        return np.concatenate([self.rows[: self.present][::-1], self.rows[self.present :]])


def make_order(pictures: Pictures, sort: str, by_id: NDArray[np.int64]) -> Order:
    """The order of all rows, removed ones too; equal ones are in the order of their image_ids.

    Args:
        by_id: all rows in the order of their image_ids.
    """
    if sort == "id":
        return Order(by_id.astype(np.int32), len(by_id))
    columns = pictures.columns(SORTS[sort])
    keys, is_missing = (
        text_ranks([one for one in columns if isinstance(one, Texts)])
        if sort in ("filename", "date")
        else number_keys(numbers_of(columns), is_color=sort == "color")
    )
    order = by_id[np.lexsort((keys[by_id], is_missing[by_id]))]
    return Order(order.astype(np.int32), len(order) - int(is_missing.sum()))


def id_order(pictures: Pictures) -> NDArray[np.int64]:
    """All rows in the order of their image_ids."""
    return np.lexsort(byte_keys(pictures.all_ids)[::-1])


def text_ranks(columns: list[Texts]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A number for each text that sorts as the text without regard to case, and which are empty."""
    is_missing = np.concatenate([one.starts[1:] == one.starts[:-1] for one in columns])
    longest = max(int((one.starts[1:] - one.starts[:-1]).max(initial=0)) for one in columns)
    if longest > LONGEST_COMPARED or any(one.data.max(initial=0) >= ASCII for one in columns):
        texts = np.array([text.casefold().encode() for one in columns for text in one.all()])
    else:
        texts = np.concatenate([heads(one, max(1, longest)) for one in columns])
    keys = byte_keys(texts)
    order = np.lexsort(keys[::-1])
    differs = (keys[:, order[1:]] != keys[:, order[:-1]]).any(axis=0)
    ranks = np.zeros(len(order), np.int64)
    ranks[order[1:]] = np.cumsum(differs)
    return ranks, is_missing


def byte_keys(texts: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Texts as whole numbers that sort as they do, the most significant first; shape (numbers, texts)."""
    width = -(-texts.dtype.itemsize // WORD_BYTES) * WORD_BYTES
    padded = np.ascontiguousarray(texts.astype(f"S{width}"))
    return np.ascontiguousarray(padded.view(">u8").reshape(len(texts), -1).T.astype(np.uint64))


def number_keys(values: NDArray[np.float32], *, is_color: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A number for each value that sorts as the value, colours by hue, and which are missing."""
    if is_color:
        return color_keys(values.astype(np.int64)), values < 0
    return values.astype(np.float64), np.isnan(values)


def color_keys(rgb: NDArray[np.int64]) -> NDArray[np.float64]:
    """Numbers that sort colours as the rainbow has them, red first, then from black to white those without a hue.

    Source: Smith 1978, "Color gamut transform pairs" (the hexagon's hue).
    """
    channels = np.stack([rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255]).astype(np.float64)
    red, green, blue = channels
    highest, spread = channels.max(axis=0), np.ptp(channels, axis=0)
    safe = np.maximum(spread, 1)
    sector = np.where(
        highest == red,
        (green - blue) / safe % 6,
        np.where(highest == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return np.asarray(np.where(spread < GRAY, 6 + channels.mean(axis=0) / 255, sector), np.float64)
