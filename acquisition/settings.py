"""Settings of the acquisition stage."""

from dataclasses import dataclass

from shared import settings
from shared.pictures.headers import LIMITS, MIB, Limits
from shared.settings import setting


@dataclass(frozen=True)
class Settings(settings.ExportSettings):
    """Settings of the stage."""

    source: str = setting(
        "sample",
        "where the pictures are: a folder, a list of paths (text with one a line, CSV, TSV, JSON, JSON lines or Parquet with "
        "a column `path` and, if known, url, license, author, title, tags), or `sample`, the built-in collection",
        exact=True,
    )
    exclude: tuple[str, ...] = setting((), "files or folders to leave out, a gitignore pattern; may be repeated")
    include: tuple[str, ...] = setting(
        (),
        "files or folders to list although a rule or --exclude leaves them out, a gitignore pattern; may be repeated",
    )
    reread: bool = setting(False, "read every file again, changed or not")
    allow_removal: bool = setting(
        False, "remove pictures even if the source has lost all of them, or more than 20 and more than half"
    )
    max_megapixels: int = setting(
        LIMITS.max_pixels // 1_000_000,
        "the largest JPEG that is read, megapixels; other formats are also limited by the decoder's memory, "
        f"to {LIMITS.pixels_of('') // 1_000_000}",
        limits=(1, 4_000),
    )
    max_mib: int = setting(LIMITS.max_bytes // MIB, "the largest file that is read, MiB", limits=(1, 2_000))

    @property
    def picture_limits(self) -> Limits:
        """The most that one picture may be."""
        return LIMITS._replace(max_bytes=self.max_mib * MIB, max_pixels=self.max_megapixels * 1_000_000)
