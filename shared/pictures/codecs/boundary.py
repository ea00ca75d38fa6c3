"""The boundary between codecs and our own code."""

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from shared.errors import BadInputError

TEXT_CHARACTERS = 200


@contextmanager
def codec(reason: str = "undecodable") -> Iterator[None]:
    """Around calls into a codec, and nothing else: whatever it raises over a file is the file's fault.

    Raises:
        BadInputError: `reason`, with the codec's words; too_many_pixels where Pillow refuses the size.
        MemoryError: the codec could not allocate what it needs.
    """
    try:
        yield
    except (BadInputError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInputError("too_many_pixels", one_line(error)) from error
    except Exception as error:
        if "memory" in str(error).lower():  # libjpeg, libheif and LibRaw have errors of their own for it
            raise MemoryError(str(error)) from error
        raise BadInputError(reason, one_line(error)) from error


def one_line(error: BaseException) -> str:
    """An error's message, short enough for a table."""
    words = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words  # LibRaw's are bytes
    return " ".join(text.split())[:TEXT_CHARACTERS] or type(error).__name__
