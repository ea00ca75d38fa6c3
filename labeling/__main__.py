"""Label every picture: predominant colours, orientation, size, luminance; compute its features."""

from collections.abc import Sequence

from labeling import job
from labeling.settings import Settings
from shared.pipeline import stages


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when pictures were labelled or nothing was left to do, 1 when none could be, 2 on wrong usage."""
    return stages.main("labeling", __doc__ or "", Settings, job, argv)


if __name__ == "__main__":
    raise SystemExit(main())
