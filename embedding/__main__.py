"""Look at every picture with a pretrained network: one vector and five categories each."""

from collections.abc import Sequence

from embedding import job
from embedding.settings import Settings
from shared.pipeline import stages


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when pictures were embedded or nothing was left to do, 1 when none could be, 2 on wrong usage."""
    return stages.main("embedding", __doc__ or "", Settings, job, argv)


if __name__ == "__main__":
    raise SystemExit(main())
