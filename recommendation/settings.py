"""Settings of the index, of queries and of the service."""

from dataclasses import dataclass
from pathlib import Path

from shared import settings
from shared.settings import setting

#: How candidates are found: by looking at every reduced vector, or in an Annoy forest.
SEARCHES = ("auto", "scan", "annoy")

#: How the scores against several query pictures become one: like all on average, like every one, like any.
COMBINES = ("mean", "min", "max")

#: How pictures are laid out on the map; see `recommendation.map.layouts`.
LAYOUTS = ("auto", "umap", "tsne", "tmap", "pca")


@dataclass(frozen=True)
class Settings(settings.Settings):
    """What shapes an index generation; one of them but `report` changed makes another generation."""

    recall: float = setting(
        0.95,
        "share of the 5 true nearest neighbours that a search must find, 0..1; sets Annoy's search_k",
        limits=(0, 1),
    )
    trees: int = setting(20, "trees in each Annoy index; more find more, and take more space", limits=(1, 1000))
    search: str = setting("auto", "how candidates are found; auto scans small collections", choices=SEARCHES)
    expand_neighbours: int | None = setting(
        None,
        "average each picture's embedding with so many of its nearest, 0: none; without it 5 where embeddings are whitened and "
        "there are at most 100,000 pictures, else 0",
        limits=(0, 20),
    )
    scan_mib: int = setting(
        50, "reduced vectors that auto still scans, MiB; 50 are 100,000 pictures of 128 float32", limits=(0, 1_000_000)
    )
    map: bool = setting(True, "lay the pictures out on a map, and draw it; `no` saves the time")
    layout: str = setting(
        "auto",
        "how the map is laid out; auto takes UMAP from 2,000 pictures on; tsne and tmap need packages of their own",
        choices=LAYOUTS,
    )
    report: bool = setting(True, "make reports/report.pdf when what it says has changed; `no` leaves it as it is")
    duplicates: bool = setting(True, "find copies, too: groups of pictures that are the same one")


@dataclass(frozen=True)
class QuerySettings(settings.Settings):
    """How a query is answered where its request leaves an option out."""

    top_k: int = setting(5, "how many pictures to find for each measure, 1..1000")
    metric: str | None = setting(
        None, "distance to use instead of each measure's own: cosine, euclidean, manhattan, ..."
    )
    combine: str = setting(
        "mean", "several query pictures: like all on average, like every one, like any", choices=COMBINES
    )


@dataclass(frozen=True)
class ServeSettings(QuerySettings):
    """Where and how the service answers."""

    host: str = setting("127.0.0.1", "address to listen on; 0.0.0.0 for other machines to connect")
    port: int = setting(8000, "TCP port; 0 takes a free one, which the log names", limits=(0, 65535))
    allowed_host: str = setting(
        "",
        "names by which the service is reached besides localhost and this machine's own, separated by commas; * for any",
    )
    show_locations: bool = setting(False, "give the paths of pictures over HTTP, not only their file names")
    workers: int = setting(0, "processes that answer; 0 for one a core, as far as there is memory", limits=(0, 256))
    max_upload_mib: int = setting(64, "largest request that is read, MiB, all its pictures together", limits=(1, 4096))
    root_path: str = setting("", "path under which a proxy shows the service, such as /pictures")
    read_only: bool = setting(False, "store nothing: no likes, no tags, no jobs")
    auth: str = setting(
        "none",
        "who may store likes, tags and jobs: everybody, or who has a token of --tokens",
        choices=("none", "token"),
    )
    tokens: Path | None = setting(
        None, "file with a line `NAME TOKEN` for each person; people/tokens.txt of the volume by default"
    )
    rate_limit: int = setting(
        3000, "requests a minute that one address may send to the interface; 0 for any number", limits=(0, 1_000_000)
    )
    trusted_proxy: str = setting("", "addresses of proxies whose X-Forwarded-For names the client, separated by commas")
    fetch: bool = setting(
        False, "let people search with a picture at an address of the web, which this service then fetches"
    )
    allow_loopback: bool = setting(
        False, "fetch such pictures from this machine, too; other private addresses stay refused"
    )
    job_days: int = setting(7, "days that query jobs over HTTP and their pictures are kept", limits=(1, 3650))
