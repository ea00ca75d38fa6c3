"""Lists of addresses from the first request to the published tables, over real sockets."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark import SparkContext

from acquisition import job
from acquisition.fetching.rules import FetchRules
from acquisition.settings import Settings
from shared.errors import CannotProceedError
from shared.fetching.limits import FetchLimits
from shared.pipeline.runs import StageCounts, checked
from shared.storage import LocalStorage
from shared.tables.contracts import FETCHES, IMAGES, LOCATIONS
from tests.acquisition.fetching.hosts import Asked, Host, Reply, picture, serving
from tests.rows import rows_of

pytestmark = pytest.mark.spark

QUICK = FetchRules(
    limits=FetchLimits(answer_s=2.0, silence_s=1.0, total_s=3.0),
    requests_per_s=0,
    is_loopback_allowed=True,
    backoff_s=0.01,
    batch_s=0.2,
    longest_wait_s=3.0,
)
Run = Callable[..., StageCounts]


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as made:
        yield made


@pytest.fixture
def run(sc: SparkContext, volume: LocalStorage, tmp_path: Path) -> Run:
    def run_list(lines: str, name: str = "urls.csv", rules: FetchRules = QUICK, **settings: Any) -> StageCounts:
        (tmp_path / name).write_text(lines)
        made = Settings(data=volume.root, source=str(tmp_path / name), master="local[2]", **settings)
        job.check(made)
        return checked(job.run(sc, made, rules=rules))

    return run_list


def outcomes(volume: LocalStorage) -> dict[str, str]:
    return {row["url"].rpartition("/")[2]: row["outcome"] for row in rows_of(volume, FETCHES)}


def listed(host: Host, names: list[str], stated: str = "CC BY 4.0") -> str:
    lines = "\n".join(f"{host.address}/{name},{stated},Ann" for name in names)
    return f"url,license,author\n{lines}\n"


def test_pictures_of_a_list_are_stored_with_their_origin_and_asked_for_once(
    host: Host, run: Run, volume: LocalStorage
) -> None:
    names = [f"{number}.png" for number in range(5)]
    host.replies = {f"/{name}": Reply(picture(number)) for number, name in enumerate(names)}
    counts = run(listed(host, names))
    assert (counts.listed, counts.done) == (5, 5)
    assert sorted(host.paths()) == [f"/{name}" for name in names]
    images = rows_of(volume, IMAGES)
    assert {(row["license_id"], row["license"], row["author"], row["source"]) for row in images} == {
        ("CC-BY-4.0", "CC BY 4.0", "Ann", "list")
    }
    assert all(Path(row["location"]).read_bytes() for row in images)
    again = run(listed(host, names))
    assert (again.listed, again.done, again.skipped) == (5, 0, 5)
    assert len(host.paths()) == 5


def test_what_is_no_picture_has_an_outcome(host: Host, run: Run, volume: LocalStorage) -> None:
    host.replies = {
        "/ok.png": Reply(picture(1)),
        "/gone.jpg": Reply(status=404),
        "/private.jpg": Reply(status=403),
        "/page.jpg": Reply(b"<html><body>404 not found, but with a status of 200</body></html>" * 3),
        "/empty.jpg": Reply(b""),
        "/error.jpg": Reply(b'{"error": "no such picture", "code": 404, "more": "text"}'),
        "/cut.png": Reply(picture(2)[:50], length=5000),
        "/loop": Reply(status=302, headers=(("Location", "/loop"),)),
        "/file": Reply(status=302, headers=(("Location", "file:///etc/passwd"),)),
        "/cloud": Reply(status=302, headers=(("Location", "http://169.254.169.254/latest/meta-data"),)),
        "/six": Reply(status=302, headers=(("Location", "http://[fe80::1]/x.png"),)),
        "/flickr": Reply(status=302, headers=(("Location", "/images/photo_unavailable.png"),)),
        "/noai.png": Reply(picture(3), headers=(("X-Robots-Tag", "noai"),)),
        "/other.png": Reply(picture(4), headers=(("X-Robots-Tag", "otherbot: noai"),)),
        "/tdm.png": Reply(picture(5), headers=(("TDM-Reservation", "1"),)),
        "/reserved/a.png": Reply(picture(6)),
        "/closed/a.png": Reply(picture(7)),
        "/dmi.png": Reply(picture(8) + b"http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"),
        "/bad.png": Reply(picture(9)[:16] + bytes(100)),
        "/moved": Reply(status=301, headers=(("Location", "/target.png"),)),
        "/target.png": Reply(picture(10)),
        "/gzip.png": Reply(b"\x1f\x8b\x08" + bytes(1000), headers=(("Content-Encoding", "gzip"),)),
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /closed/\n"),
        "/.well-known/tdmrep.json": Reply(b'[{"location": "/reserved/", "tdm-reservation": 1}]'),
    }
    names = [
        path[1:] for path in host.replies if path not in {"/robots.txt", "/.well-known/tdmrep.json", "/target.png"}
    ]
    run(listed(host, names), rules=QUICK._replace(failures=50))
    assert outcomes(volume) == {
        "ok.png": "ok",
        "gone.jpg": "gone",
        "private.jpg": "gone",
        "page.jpg": "not_image",
        "empty.jpg": "not_image",
        "error.jpg": "not_image",
        "cut.png": "transient",
        "loop": "redirect_loop",
        "file": "blocked_address",
        "cloud": "blocked_address",
        "six": "blocked_address",
        "flickr": "gone",
        "noai.png": "refused_optout",
        "other.png": "ok",
        "tdm.png": "refused_optout",
        "a.png": "refused_robots",
        "dmi.png": "refused_optout",
        "bad.png": "bad_image",
        "moved": "ok",
        "gzip.png": "not_image",
    }
    assert not [path for path in host.paths() if path.startswith(("/closed", "/reserved"))]
    assert len(rows_of(volume, IMAGES)) == 3
    assert len(rows_of(volume, LOCATIONS)) == 3


def test_pictures_without_a_licence_need_a_word_from_the_user(host: Host, run: Run, volume: LocalStorage) -> None:
    host.replies = {"/a.png": Reply(picture(1))}
    with pytest.raises(CannotProceedError, match=r"refused_license 1; `--licenses any` takes"):
        run(f"{host.address}/a.png\n", "urls.txt")
    assert host.paths() == []
    assert run(f"{host.address}/a.png\n", "urls.txt", licenses="any").done == 1
    assert [row["license_id"] for row in rows_of(volume, IMAGES)] == ["unknown"]


def test_a_refresh_asks_whether_pictures_have_changed(host: Host, run: Run, volume: LocalStorage) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"1"' and asked.path == "/same.png":
            return Reply(status=304)
        number = len([one for one in host.asked if one.path == asked.path])
        return Reply(picture(1 if asked.path == "/same.png" else number), headers=(("ETag", '"1"'),))

    host.replies = {"/same.png": answer, "/new.png": answer, "/gone.png": answer}
    names = ["same.png", "new.png", "gone.png"]
    run(listed(host, names))
    host.replies["/gone.png"] = Reply(status=410)
    run(listed(host, names), refresh=True)
    assert outcomes(volume) == {"same.png": "not_modified", "new.png": "ok", "gone.png": "gone"}
    assert len(host.paths()) == 6
    assert len(rows_of(volume, IMAGES)) == 2


def test_a_picture_at_two_sources_is_downloaded_once_and_keeps_both_origins(
    host: Host, run: Run, volume: LocalStorage
) -> None:
    host.replies = {"/a.png": Reply(picture(1)), "/copy.png": Reply(picture(1))}
    run(listed(host, ["a.png"], "CC BY 4.0"), "first.csv")
    run(listed(host, ["a.png"], "CC BY-SA 4.0"), "second.csv")
    run(listed(host, ["copy.png"], "CC0"), "third.csv")
    assert sorted(host.paths()) == ["/a.png", "/copy.png"]
    assert sorted(row["license_id"] for row in rows_of(volume, LOCATIONS)) == ["CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0"]
    assert [row["license_id"] for row in rows_of(volume, IMAGES)] == ["CC-BY-SA-4.0"]  # the strictest
    assert len(volume.list("images")) == 1


def test_a_list_may_have_files_and_addresses(host: Host, run: Run, volume: LocalStorage, tmp_path: Path) -> None:
    host.replies = {"/a.png": Reply(picture(1))}
    (tmp_path / "b.png").write_bytes(picture(2))
    counts = run(f"path,url,license\nb.png,,\n,{host.address}/a.png,CC0\n")
    assert (counts.listed, counts.done) == (2, 2)
    assert run(f"path,url,license\nb.png,,\n,{host.address}/no.png,CC0\n", "mixed.csv").listed == 1


def test_a_redirect_to_another_host_is_asked_by_its_task(host: Host, run: Run, volume: LocalStorage) -> None:
    with serving("127.0.0.2") as other:
        host.replies = {"/a": Reply(status=302, headers=(("Location", f"{other.address}/b.png"),))}
        other.replies = {"/b.png": Reply(picture(1)), "/c.png": Reply(picture(2)), "/robots.txt": Reply(b"")}
        lines = f"url,license\n{host.address}/a,CC0\n{other.address}/c.png,CC0\n"
        assert run(lines).done == 2
        assert sorted(other.paths()) == ["/b.png", "/c.png"]
    assert [row["final_url"] for row in rows_of(volume, FETCHES)] == [
        f"{other.address}/b.png",
        f"{other.address}/c.png",
    ]


def test_a_list_that_lost_its_addresses_loses_no_picture(host: Host, run: Run, volume: LocalStorage) -> None:
    host.replies = {f"/{number}.png": Reply(picture(number)) for number in range(3)}
    run(listed(host, ["0.png", "1.png", "2.png"]))
    with pytest.raises(CannotProceedError, match="3 of 3 pictures"):
        run(listed(host, ["new.png"]))
    assert len(rows_of(volume, IMAGES)) == 3
    assert run(listed(host, ["0.png", "1.png"])).listed == 2
    assert len(rows_of(volume, IMAGES)) == 2
    assert len(host.paths()) == 3
