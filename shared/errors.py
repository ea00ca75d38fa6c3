"""The two kinds of error a user can cause; anything else is a bug and stops the job."""

REASONS = frozenset(
    {
        "vanished",  # listed, but gone when it was read
        "unreadable",  # the operating system refused to read it
        "empty_file",
        "too_many_bytes",  # larger than the byte limit
        "too_many_pixels",  # width x height over the pixel limit
        "too_many_scans",  # a progressive JPEG made to burn time
        "unsupported_format",  # not one of the allowed picture formats
        "undecodable",  # an allowed format, but broken
        "truncated",  # more rows are missing than may be
        "decoder_timeout",  # decoding took longer than the time limit
        "decoder_memory",  # decoding wanted more than the memory limit
        "decoder_crashed",  # the decoder process died
        "bad_entry",  # a line of a list that names no picture
        "removed",  # taken out by `imagerec remove`
        "not_finite",  # the network answered NaN or infinity
    }
)

#: Reasons that may be gone the next time, so the next run tries such a file again.
TRANSIENT_REASONS = frozenset({"vanished", "unreadable", "decoder_timeout", "decoder_crashed"})


class BadInputError(Exception):
    """One picture or entry that cannot be used; it becomes a row of `failures`.

    Args:
        reason: one of REASONS.
        detail: what exactly was wrong, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        if reason not in REASONS:
            raise ValueError(f"expected a reason of {sorted(REASONS)}, got {reason!r}")
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


class UsageError(Exception):
    """The command was asked for something it cannot do; it ends with exit code 2.

    The message says what was expected, what was found and what to do.
    """


class CannotProceedError(Exception):
    """The command was right but the volume, the disk or the network is not; exit code 1.

    The message says what is wrong, with the file's name, and what to do.
    """
