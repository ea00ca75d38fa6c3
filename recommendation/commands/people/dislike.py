"""`imagerec dislike`: a person does not want to see pictures, nor any that are nearly the same."""

from collections.abc import Sequence

from recommendation.commands.people import opinions


def main(argv: Sequence[str]) -> int:
    """Return 0 when stored, 2 for an unknown picture or an impossible user id; then nothing is stored."""
    return opinions.command(
        "dislike",
        "Store that a person does not want to see pictures, nor any that are nearly the same.",
        -1.0,
        "dislikes",
        argv,
    )
