"""Settings of the recommendation stage without what is made of the index: tests of the index look at nothing else."""

from pathlib import Path
from typing import Any

from recommendation.settings import Settings


def bare(data: Path, **chosen: Any) -> Settings:
    """Settings that make an index, and no map, no report and no search for copies."""
    return Settings(data=data, map=False, report=False, duplicates=False, **chosen)
