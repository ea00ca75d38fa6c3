"""Lists of addresses from the first request to the published tables, over real sockets."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark import SparkContext

from acquisition import job
from acquisition.commands.sources import sources
from acquisition.fetching import download
from acquisition.fetching.rules import FetchRules
from acquisition.settings import Settings
from acquisition.sources.registry import open_source
from acquisition.sources.web.protocol import HostLimit
from shared.errors import CannotProceedError
from shared.fetching.limits import FetchLimits
from shared.pipeline.runs import StageCounts, checked
from shared.storage import LocalStorage
from shared.tables.contracts import FETCHES, IMAGES, LOCATIONS
from tests.acquisition.fetching.hosts import Asked, Host, Reply, picture, serving
from tests.acquisition.fetching.tasks import QUICK as RULES_OF_TASKS
from tests.rows import rows_of

pytestmark = pytest.mark.spark

QUICK = RULES_OF_TASKS._replace(limits=FetchLimits(answer_s=2.0, silence_s=1.0, total_s=3.0), batch_s=0.2)


class Web:
    """A host, a volume, and runs over lists."""

    def __init__(self, sc: SparkContext, host: Host, folder: Path) -> None:
        self.sc, self.host, self.folder = sc, host, folder
        self.volume = LocalStorage(folder / "volume")

    def settings(self, lines: str, name: str, **settings: Any) -> Settings:
        (self.folder / name).write_text(lines)
        source = str(self.folder / name)
        made = Settings(data=self.volume.root, source=source, master="local[2]", json_exports=False, **settings)
        job.check(made)
        return made

    def run(self, lines: str, name: str = "urls.csv", rules: FetchRules = QUICK, **settings: Any) -> StageCounts:
        """The whole stage."""
        return checked(job.run(self.sc, self.settings(lines, name, **settings), rules=rules))

    def download(self, lines: str, name: str = "urls.csv", **settings: Any) -> None:
        """The downloads alone."""
        made = self.settings(lines, name, **settings)
        source = open_source(self.volume, made.source, job.filters_of(made))
        download.download(self.sc, made, source, QUICK)

    def outcomes(self) -> dict[str, str]:
        return {row["url"].rpartition("/")[2]: row["outcome"] for row in rows_of(self.volume, FETCHES)}

    def listed(self, names: Iterable[str], stated: str = "CC BY 4.0") -> str:
        lines = "\n".join(f"{self.host.address}/{name},{stated},Ann" for name in names)
        return f"url,license,author\n{lines}\n"


@pytest.fixture
def web(sc: SparkContext, tmp_path: Path) -> Iterator[Web]:
    with serving() as host:
        yield Web(sc, host, tmp_path)


def test_pictures_of_a_list_are_stored_with_their_origin_and_asked_for_once_until_a_refresh(web: Web) -> None:
    """A refresh asks whether pictures have changed."""

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"1"' and asked.path == "/same.png":
            return Reply(status=304)
        number = len([one for one in web.host.asked if one.path == asked.path])
        return Reply(picture(9 if asked.path == "/same.png" else number), headers=(("ETag", '"1"'),))

    web.host.replies = {"/same.png": answer, "/new.png": answer, "/gone.png": Reply(picture(3))}
    names = ["same.png", "new.png", "gone.png"]
    counts = web.run(web.listed(names))
    assert (counts.listed, counts.done) == (3, 3)
    assert sorted(web.host.paths()) == ["/gone.png", "/new.png", "/same.png"]
    images = rows_of(web.volume, IMAGES)
    assert {(row["license_id"], row["license"], row["author"], row["source"]) for row in images} == {
        ("CC-BY-4.0", "CC BY 4.0", "Ann", "list")
    }
    assert all(Path(row["location"]).read_bytes() for row in images)
    again = web.run(web.listed(names))
    assert (again.listed, again.done, again.skipped) == (3, 0, 3)
    assert len(web.host.paths()) == 3
    web.host.replies["/gone.png"] = Reply(status=410)
    mine = web.volume.local_path("images/ab/mine.png")
    mine.parent.mkdir(exist_ok=True)
    mine.write_bytes(picture(7))
    web.run(web.listed(names), refresh=True)
    assert web.outcomes() == {"same.png": "not_modified", "new.png": "ok", "gone.png": "gone"}
    assert len(web.host.paths()) == 6
    images = rows_of(web.volume, IMAGES)
    assert len(images) == 2
    kept = {Path(row["location"]) for row in images}
    assert {path for path in web.volume.local_path("images").rglob("*") if path.is_file()} == {*kept, mine}


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status=status, headers=(("Location", location),))


def with_header(number: int, name: str, value: str) -> Reply:
    return Reply(picture(number), headers=((name, value),))


#: What a host answers for a path, and what becomes of it.
STATUSES = {
    "ok.png": (Reply(picture(1)), "ok"),
    "gone.jpg": (Reply(status=404), "gone"),
    "private.jpg": (Reply(status=403), "gone"),
    "cut.png": (Reply(picture(2)[:50], length=5000), "transient"),
}
CONTENTS = {
    "page.jpg": (Reply(b"<html><body>404 not found, but with a status of 200</body></html>" * 3), "not_image"),
    "empty.jpg": (Reply(b""), "not_image"),
    "error.jpg": (Reply(b'{"error": "no such picture", "code": 404, "more": "text"}'), "not_image"),
    "gzip.png": (Reply(b"\x1f\x8b\x08" + bytes(1000), headers=(("Content-Encoding", "gzip"),)), "not_image"),
    "bad.png": (Reply(picture(9)[:16] + bytes(100)), "bad_image"),
}
REDIRECTIONS = {
    "loop": (redirect("/loop"), "redirect_loop"),
    "file": (redirect("file:///etc/passwd"), "blocked_address"),
    "cloud": (redirect("http://169.254.169.254/latest/meta-data"), "blocked_address"),
    "six": (redirect("http://[fe80::1]/x.png"), "blocked_address"),
    "flickr": (redirect("/images/photo_unavailable.png"), "gone"),
    "moved": (redirect("/target.png", 301), "ok"),
}
OPT_OUTS = {
    "noai.png": (with_header(3, "X-Robots-Tag", "noai"), "refused_optout"),
    "other.png": (with_header(4, "X-Robots-Tag", "otherbot: noai"), "ok"),
    "tdm.png": (with_header(5, "TDM-Reservation", "1"), "refused_optout"),
    "reserved/b.png": (Reply(picture(6)), "refused_optout"),
    "closed/a.png": (Reply(picture(7)), "refused_robots"),
    "dmi.png": (Reply(picture(8) + b"http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"), "refused_optout"),
}
ANSWERS = STATUSES | CONTENTS | REDIRECTIONS | OPT_OUTS
RULES = {
    "/robots.txt": Reply(b"User-agent: *\nDisallow: /closed/\n"),
    "/.well-known/tdmrep.json": Reply(b'[{"location": "/reserved/", "tdm-reservation": 1}]'),
}


def test_what_a_host_answers_decides_the_outcome(web: Web) -> None:
    """A redirect to another host is asked by the task that has it; files beside the addresses are read as ever."""
    host = web.host
    host.replies.update({f"/{name}": reply for name, (reply, _) in ANSWERS.items()} | RULES)
    host.replies["/target.png"] = Reply(picture(10))
    (web.folder / "beside.png").write_bytes(picture(20))
    with serving("127.0.0.2") as other:
        host.replies["/elsewhere"] = redirect(f"{other.address}/b.png")
        other.replies = {"/b.png": Reply(picture(11)), "/there.png": Reply(picture(12)), "/robots.txt": Reply(b"")}
        lines = [
            *(f",{host.address}/{name},CC0" for name in [*ANSWERS, "elsewhere"]),
            f",{other.address}/there.png,CC0",
        ]
        counts = web.run("\n".join(["path,url,license", "beside.png,,", *lines]), rules=QUICK._replace(failures=50))
        assert sorted(other.paths()) == ["/b.png", "/there.png"]
        led = {row["final_url"] for row in rows_of(web.volume, FETCHES)} & {f"{other.address}/b.png"}
        assert led
    assert (counts.listed, counts.done) == (6, 6)
    expected = {name.rpartition("/")[2]: outcome for name, (_, outcome) in ANSWERS.items()}
    assert web.outcomes() == expected | {"elsewhere": "ok", "there.png": "ok"}
    assert not [path for path in host.paths() if path.startswith(("/closed", "/reserved"))]
    assert len(rows_of(web.volume, IMAGES)) == 6
    assert len(rows_of(web.volume, LOCATIONS)) == 6


def test_files_of_a_list_do_without_its_addresses(web: Web) -> None:
    (web.folder / "b.png").write_bytes(picture(2))
    assert web.run(f"path,url,license\nb.png,,\n,{web.host.address}/no.png,CC0\n").listed == 1
    assert web.outcomes() == {"no.png": "gone"}


def test_pictures_without_a_licence_need_a_word_from_the_user(web: Web) -> None:
    web.host.replies = {"/a.png": Reply(picture(1))}
    with pytest.raises(CannotProceedError, match=r"refused_license 1; `--licenses any` takes"):
        web.download(f"{web.host.address}/a.png\n", "urls.txt")
    assert web.host.paths() == []
    web.download(f"{web.host.address}/a.png\n", "urls.txt", licenses="any")
    assert [(row["outcome"], row["license_id"]) for row in rows_of(web.volume, FETCHES)] == [("ok", "unknown")]


def test_a_picture_at_two_sources_is_downloaded_once_and_keeps_both_origins(web: Web) -> None:
    web.host.replies = {"/a.png": Reply(picture(1)), "/copy.png": Reply(picture(1))}
    web.run(web.listed(["a.png"], "CC BY 4.0"), "first.csv")
    web.run(web.listed(["a.png"], "CC BY-SA 4.0"), "second.csv")
    web.run(web.listed(["copy.png"], "CC0"), "third.csv")
    assert sorted(web.host.paths()) == ["/a.png", "/copy.png"]
    assert sorted(row["license_id"] for row in rows_of(web.volume, LOCATIONS)) == [
        *("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0")
    ]
    assert [row["license_id"] for row in rows_of(web.volume, IMAGES)] == ["CC-BY-SA-4.0"]  # the strictest
    assert len(web.volume.list("images")) == 1


def test_the_limit_of_a_services_host_holds_for_lists_that_lead_there(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acquisition.fetching.job.LIMITS", (HostLimit(web.host.name, 4, 0.5),))
    web.host.replies = {f"/{number}.png": Reply(picture(number)) for number in range(8)}
    web.download(web.listed(f"{number}.png" for number in range(8)))
    assert len(web.host.paths()) == 8
    assert web.host.most_in(0.5) <= 4


def test_a_limit_leaves_out_addresses_and_removes_no_picture(web: Web) -> None:
    web.host.replies = {f"/{number}.png": Reply(picture(number)) for number in range(3)}
    web.run(web.listed(["0.png", "1.png"]))
    web.run(web.listed(["2.png", "0.png", "1.png"]), limit=1)
    assert [one["is_listed"] for one in sources(web.volume)] == [False]
    assert web.outcomes() == {"0.png": "ok", "1.png": "ok", "2.png": "ok"}
    web.run(web.listed(["2.png", "0.png"]))
    assert web.outcomes() == {"0.png": "ok", "2.png": "ok"}
    assert [one["is_listed"] for one in sources(web.volume)] == [True]
    assert sorted(web.host.paths()) == ["/0.png", "/1.png", "/2.png"]


def test_a_list_that_lost_its_addresses_loses_no_picture(web: Web) -> None:
    web.host.replies = {f"/{number}.png": Reply(picture(number)) for number in range(3)}
    web.run(web.listed(["0.png", "1.png", "2.png"]))
    with pytest.raises(CannotProceedError, match="3 of 3 pictures"):
        web.run(web.listed(["new.png"]))
    assert len(rows_of(web.volume, IMAGES)) == 3
    assert web.run(web.listed(["0.png", "1.png"])).listed == 2
    assert len(rows_of(web.volume, IMAGES)) == 2
    assert len(web.host.paths()) == 3
