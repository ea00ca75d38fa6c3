"""Settings of the acquisition stage."""

from dataclasses import dataclass

from shared import settings
from shared.pictures.headers import LIMITS, MIB, Limits
from shared.secret import Secret
from shared.settings import setting


@dataclass(frozen=True)
class Settings(settings.ExportSettings):
    """Settings of the stage."""

    source: str = setting(
        "sample",
        "where the pictures are: a folder; a list of paths or addresses (text with one a line, CSV, TSV, JSON, JSON lines or "
        "Parquet with a column `path` or `url` and, if known, license, author, title, tags); tars such as "
        "shard-{00000..00009}.tar; a service: wikimedia:category:NAME, openverse:WORDS, flickr:WORDS, pexels:WORDS, "
        "unsplash:WORDS; or `sample`, the built-in collection",
        exact=True,
    )
    contact: str | None = setting(
        None,
        "mail or web address of who runs this, told to the hosts that pictures are downloaded from; some services ask for it",
    )
    limit: int = setting(0, "pictures that are asked for of a source of the web; 0: all", limits=(0, 10**9))
    licenses: str = setting(
        "open",
        "licences that are accepted, such as cc0,cc-by,cc-by-sa; `open`: those that allow any use with a credit; `any`",
    )
    min_side: int = setting(
        0, "pictures of the web with a shorter side below this are left out, px", limits=(0, 100_000)
    )
    width: int = setting(
        960, "width of the scaled copies that are asked for where a service has some, px", limits=(20, 20_000)
    )
    original: bool = setting(False, "download originals, not scaled copies")
    refresh: bool = setting(False, "list again, and ask for what was downloaded whether it has changed")
    accept_terms: tuple[str, ...] = setting((), "name of a service whose terms you agree to; may be repeated")
    requests_per_s: float = setting(
        5.0,
        "requests per second to a host that states no limit of its own; 0: no limit, for your own hosts",
        limits=(0, 10_000),
    )
    endpoint: str | None = setting(
        None, "address of the API of a service in place of the public one, such as your own wiki's"
    )
    allow_loopback: bool = setting(False, "download from this machine, too; other private addresses stay refused")
    unsplash_key: Secret | None = setting(None, "access key of Unsplash")
    pexels_key: Secret | None = setting(None, "key of Pexels")
    flickr_key: Secret | None = setting(None, "key of Flickr")
    openverse_client: Secret | None = setting(None, "client id and secret of Openverse, with a colon between; optional")
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
