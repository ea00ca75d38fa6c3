"""`imagerec like`: a person likes pictures."""

from collections.abc import Sequence

from recommendation.commands.people import opinions


def main(argv: Sequence[str]) -> int:
    """Return 0 when stored, 2 for an unknown picture or an impossible user id; then nothing is stored."""
    return opinions.command("like", "Store that a person likes pictures.", 1.0, "likes", argv)
