"""The boundary between codecs and our own code."""

from types import TracebackType

from PIL import Image

from shared.errors import BadInputError

TEXT_CHARACTERS = 200


class codec:  # noqa: N801 - reads as the verb it is; a class, because a generator takes three times as long to enter
    """Around calls into a codec, and nothing else: whatever it raises over a file is the file's fault.

    Args:
        reason: of the failure.

    Raises:
        BadInputError: `reason`, with the codec's words; too_many_pixels where Pillow refuses the size.
        MemoryError: the codec could not allocate what it needs.
    """

    def __init__(self, reason: str = "undecodable") -> None:
        self._reason = reason

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, BadInputError | MemoryError):
            raise failure(self._reason, error) from error


def failure(reason: str, error: Exception) -> BadInputError | MemoryError:
    """What an error of a codec means."""
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return BadInputError("too_many_pixels", one_line(error))
    if "memory" in str(error).lower():  # libjpeg, libheif and LibRaw have errors of their own for it
        return MemoryError(str(error))
    return BadInputError(reason, one_line(error))


def one_line(error: BaseException) -> str:
    """An error's message, short enough for a table."""
    words = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words  # LibRaw's are bytes
    return " ".join(text.split())[:TEXT_CHARACTERS] or type(error).__name__
