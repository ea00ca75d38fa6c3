"""`imagerec unlike`: take back a like or a dislike."""

from collections.abc import Sequence

from recommendation.commands.people import opinions


def main(argv: Sequence[str]) -> int:
    """Return 0 when stored, 2 for an unknown picture or an impossible user id; then nothing is stored."""
    return opinions.command(
        "unlike", "Take back that a person likes or dislikes pictures.", None, "takes back what was said of", argv
    )
