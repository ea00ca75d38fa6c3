"""`python -m labeling` is the command `imagerec labeling`."""

from collections.abc import Sequence

from shared.command import stage


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when something was produced or nothing was left to do, 1 when nothing could be, 2 on wrong usage."""
    return stage.main("labeling", argv)


if __name__ == "__main__":
    raise SystemExit(main())
