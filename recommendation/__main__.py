"""`python -m recommendation` is the command `imagerec recommendation`, by default its `build`."""

import sys
from collections.abc import Sequence

from shared.command import stage


def main(argv: Sequence[str] | None = None) -> int:
    """Run `build` or the command that the first word names; return 0 when done, 1 when it cannot be, 2 on wrong usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return stage.main("recommendation", arguments[1:] if arguments[:1] == ["build"] else arguments)


if __name__ == "__main__":
    raise SystemExit(main())
