"""Find the pictures of a source, check each one, and keep its thumbnail and what is known of it."""

from collections.abc import Sequence

from acquisition import job
from acquisition.settings import Settings
from shared.pipeline import stages


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when something was read or nothing was left to do, 1 when no picture could be, 2 on wrong usage."""
    return stages.main("acquisition", __doc__, Settings, job, argv)


if __name__ == "__main__":
    raise SystemExit(main())
