"""A query picture: from a file or an upload to the same features that the collection has."""

import errno
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.search.engine import QueryPicture
from recommendation.search.regions import PLAIN, Look
from shared.errors import BadInputError, UsageError
from shared.models.session import Embedder
from shared.pictures import pixels
from shared.pictures.features import extraction
from shared.pictures.features.thumbnail import Thumbnail
from shared.pictures.headers import LIMITS
from shared.pictures.sandbox import Decoder
from shared.storage import locations

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe must not make us wait


class Upload(NamedTuple):
    """A picture as it arrived.

    Args:
        name: of its file, for the answer.
        data: the bytes of its file.
        label: how the user named it, for errors; empty where that is the name.
    """

    name: str
    data: bytes
    label: str = ""


class Prepared(NamedTuple):
    """A query picture ready for the engine, and its thumbnail (JPEG) for people."""

    picture: QueryPicture
    thumbnail: bytes


def read_upload(path: Path, label: str = "", root: Path | None = None, max_bytes: int = LIMITS.max_bytes) -> Upload:
    """Read a picture's file.

    Args:
        label: see `Upload`.
        root: a folder that the path is in, and below which no link is followed.

    Raises:
        BadInputError: it is gone, cannot be read, is no regular file, or is larger than `max_bytes`.
        UsageError: a part of the path below `root` is a link.
    """
    name = locations.filename(locations.encode(path))
    shown = label or name
    try:
        with open_regular(path, shown, root) as file:
            data = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise BadInputError("vanished", f"{shown}: there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = error.strerror if isinstance(error, OSError) else error
        raise BadInputError("unreadable", f"{shown}: {why}") from error
    if len(data) > max_bytes:
        raise BadInputError("too_many_bytes", f"{shown} is larger than {max_bytes >> 20} MiB")
    return Upload(name, data, label)


def open_regular(path: Path, shown: str, root: Path | None = None) -> BinaryIO:
    """Open a file to read it; `root` as in `read_upload`.

    Raises:
        BadInputError: it is a folder, a device, a pipe: whatever is no regular file.
        UsageError: a part of the path below `root` is a link.
        OSError, ValueError: it cannot be opened.
    """
    handle = os.open(path, FLAGS) if root is None else open_below(root, path.relative_to(root), shown)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
    raise BadInputError("unreadable", f"{shown} is {kind}; expected a picture's file")


def open_below(root: Path, path: Path, shown: str) -> int:
    """A handle of a file below a folder, reached without following a link; errors as `open_regular`."""
    handle = os.open(root, FLAGS | os.O_DIRECTORY)
    for part in path.parts:
        folder = handle
        try:
            handle = os.open(part, FLAGS | os.O_NOFOLLOW, dir_fd=folder)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise UsageError(f"expected a path that stays inside {root.name}, got the link {shown}") from error
            raise
        finally:
            os.close(folder)
    return handle


def prepare(upload: Upload, decoder: Decoder, embedders: Sequence[Embedder], look: Look = PLAIN) -> Prepared:
    """The features of a picture, by the path that the collection's pictures took: decoder, thumbnail, features.

    Args:
        embedders: of the networks that made the collection's embeddings, in their order.

    Raises:
        BadInputError: it is no picture that can be used; the detail starts with its name.
        UsageError: its region is too small.
    """
    shown = upload.label or upload.name
    try:
        jpeg = decoder.decode(upload.data).jpeg
    except BadInputError as error:
        raise BadInputError(error.reason, f"{shown}: {error.detail}") from error
    image_id = hashlib.sha256(upload.data).hexdigest()[:32]
    return prepare_thumbnail(image_id, upload.name, jpeg, embedders, look, shown)


def prepare_thumbnail(
    image_id: str, name: str, jpeg: bytes, embedders: Sequence[Embedder], look: Look, shown: str = ""
) -> Prepared:
    """The features of what is seen of a thumbnail; errors as `prepare`.

    Args:
        shown: how errors name it, if not by its name.
    """
    rgb = pixels.open_thumbnail(jpeg)
    if look != PLAIN:
        rgb = look.of(rgb, shown or name)
        jpeg = pixels.to_jpeg(rgb)
    try:
        features = features_of(rgb, embedders)
    except BadInputError as error:
        raise BadInputError(error.reason, f"{shown or name}: {error.detail}") from error
    return Prepared(QueryPicture(image_id, name, features), jpeg)


def features_of(rgb: NDArray[np.uint8], embedders: Sequence[Embedder]) -> dict[str, NDArray[Any]]:
    """Every measure's feature of a thumbnail, shape (height, width, 3)."""
    networks = [one.embed(pixels.resize(rgb, one.side_px, one.side_px)[np.newaxis])[0][0] for one in embedders]
    return {"embedding": reduction.joined(networks), **extraction.features_of(Thumbnail(rgb))}
