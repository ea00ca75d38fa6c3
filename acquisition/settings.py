"""Settings of the acquisition stage."""

from dataclasses import dataclass

from shared import settings
from shared.settings import setting


@dataclass(frozen=True)
class Settings(settings.ExportSettings):
    """Settings of the stage."""

    source: str = setting(
        "sample",
        "where the pictures are: a folder, a list of paths (text with one a line, CSV or Parquet with a column `path` "
        "and, if known, url, license, author, title, tags), or `sample`, the built-in collection",
    )
