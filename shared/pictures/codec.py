"""The boundary between codecs and our own code."""

from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from shared.errors import BadInputError

TEXT_CHARACTERS = 200


@contextmanager
def codec() -> Iterator[None]:
    """Around calls into a codec, and nothing else: whatever it raises over a file is the file's fault.

    Raises:
        BadInputError: undecodable, with the codec's words; too_many_pixels where Pillow refuses the size.
    """
    try:
        yield
    except (BadInputError, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadInputError("too_many_pixels", one_line(error)) from error
    except Exception as error:
        raise BadInputError("undecodable", one_line(error)) from error


def one_line(error: BaseException) -> str:
    """An error's message, short enough for a table."""
    return " ".join(str(error).split())[:TEXT_CHARACTERS] or type(error).__name__
