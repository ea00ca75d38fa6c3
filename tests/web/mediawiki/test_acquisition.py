"""From a real MediaWiki to pictures with licence, author and credit, with the command that people use."""

import json
import os
from pathlib import Path

import pytest

from shared.storage import LocalStorage
from shared.tables.contracts import FETCHES, IMAGES
from tests.commands import Finished, imagerec
from tests.rows import rows_of
from tests.web.mediawiki import collection
from tests.web.mediawiki.sparql_server import SparqlServer
from tests.web.mediawiki.wiki import Wiki

pytestmark = pytest.mark.slow

OPEN = [known for known in collection.known_files() if known.is_open]
N_AT_COAST = sum(known.category == collection.ROOT for known in OPEN)


def acquire(wiki: Wiki, data: Path, query: str, *flags: str, endpoint: str = "") -> Finished:
    """Run `imagerec acquisition` on the wiki."""
    given = (
        "--contact",
        "tests@example.org",
        "--allow-loopback",
        "--requests-per-s",
        "0",
        "--master",
        "local[2]",
        *flags,
    )
    source = ("--source", f"wikimedia:{query}", "--endpoint", f"{wiki.api} {endpoint}".strip())
    return imagerec("acquisition", "--data", data, *source, *given)


@pytest.fixture(scope="module")
def acquired(filled_wiki: Wiki, tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalStorage, Finished, Wiki]:
    """A volume with the wiki's category, fetched while the wiki lags and is busy at times."""
    data = tmp_path_factory.mktemp("acquired") / "volume"
    filled_wiki.forget_requests()
    filled_wiki.lag(1)
    filled_wiki.be_busy(2)
    ended = acquire(filled_wiki, data, "category:Coast", "--original")
    return LocalStorage(data), ended, filled_wiki


def test_at_least_120_files_become_pictures_with_licence_author_and_credit(
    acquired: tuple[LocalStorage, Finished, Wiki],
) -> None:
    volume, ended, _ = acquired
    assert ended.returncode == 0, ended.stderr
    found = {row["source_url"].rpartition("File:")[2].replace("_", " "): row for row in rows_of(volume, IMAGES)}
    assert len(OPEN) >= 120
    assert found.keys() == {known.name for known in OPEN}
    for known in OPEN:
        row = found[known.name]
        assert (row["license_id"], row["author"], row["title"]) == (known.license_id, known.author, known.title)
        assert known.author in row["attribution"] or known.number == collection.WITH_CREDIT_LINE
        assert row["source_url"] in row["attribution"]
        assert {known.category, *known.topics, "Coast"} <= set(row["tags"])
        assert row["taken_at"] == f"2021-05-{known.number % 28 + 1:02d}"


def test_files_under_other_licences_are_counted_and_not_stored(acquired: tuple[LocalStorage, Finished, Wiki]) -> None:
    volume, _, wiki = acquired
    outcomes = [row["outcome"] for row in rows_of(volume, FETCHES)]
    assert outcomes.count("ok") == len(OPEN)
    assert outcomes.count("refused_license") == collection.N_FILES - len(OPEN)
    asked = {path for _, path, _ in wiki.requests() if path.startswith("/images/")}
    assert len(asked) == len(OPEN)


def test_every_request_names_the_program_and_its_operator(acquired: tuple[LocalStorage, Finished, Wiki]) -> None:
    agents = {agent for _, _, agent in acquired[2].requests()}
    assert len(agents) == 1
    assert all(agent.startswith("imagerec/") and "tests@example.org" in agent for agent in agents)


def test_a_second_run_asks_for_no_picture(acquired: tuple[LocalStorage, Finished, Wiki]) -> None:
    volume, _, wiki = acquired
    wiki.forget_requests()
    ended = acquire(wiki, volume.root, "category:Coast", "--original")
    assert ended.returncode == 0, ended.stderr
    assert [path for _, path, _ in wiki.requests() if path.startswith("/images/")] == []


def test_the_credits_name_every_picture(acquired: tuple[LocalStorage, Finished, Wiki], tmp_path: Path) -> None:
    volume, _, _ = acquired
    ended = imagerec("credits", "--data", volume.root, "--out", tmp_path / "credits.html")
    text = (tmp_path / "credits.html").read_text()
    assert ended.returncode == 0
    assert text.count("<li id=") == len(OPEN)
    assert "https://creativecommons.org/licenses/by/2.0/de/deed.en" in text


def test_another_width_is_downloaded_in_place_of_the_first_and_credited_as_scaled(wiki: Wiki, tmp_path: Path) -> None:
    volume = LocalStorage(tmp_path / "volume")
    for width, step in (("300", 330), ("120", 120)):
        wiki.forget_requests()
        ended = acquire(wiki, volume.root, "category:Coast|depth=0", "--width", width)
        assert ended.returncode == 0, ended.stderr
        images = rows_of(volume, IMAGES)
        assert len(images) == N_AT_COAST
        scaled = [row for row in images if "/thumb/" in row["download_url"]]
        assert {row["width_px"] for row in scaled} == {step}
        assert all(row["attribution"].endswith(", scaled down") or "Photo by" in row["attribution"] for row in scaled)
        assert {row["license_id"] for row in scaled} <= set(collection.OPEN.values())
        asked = [path for _, path, _ in wiki.requests() if path.startswith("/images/")]
        assert len(asked) == len(set(asked)) == len(scaled) if step == 120 else len(images)
        files = {path.name for path in (volume.root / "images").rglob("*") if path.is_file()}
        assert files == {Path(row["location"]).name for row in images}  # those of the first width are deleted
    wiki.forget_requests()
    ended = acquire(wiki, volume.root, "category:Coast|depth=0", "--original")
    assert ended.returncode == 0, ended.stderr
    images = rows_of(volume, IMAGES)
    assert len(images) == N_AT_COAST
    assert not any("/thumb/" in row["download_url"] or "scaled down" in row["attribution"] for row in images)


def test_a_width_that_the_servers_do_not_make_any_more_is_counted_and_loses_nothing(wiki: Wiki, tmp_path: Path) -> None:
    """The API names an address that is answered with 400, as when the steps change between its answer and the download."""
    volume = LocalStorage(tmp_path / "volume")
    assert acquire(wiki, volume.root, "category:Coast|depth=0", "--width", "300").returncode == 0
    before = {row["image_id"] for row in rows_of(volume, IMAGES)}
    wiki.refuse_width(250)
    ended = acquire(wiki, volume.root, "category:Coast|depth=0", "--width", "250")
    assert ended.returncode == 0, ended.stderr
    assert {row["image_id"] for row in rows_of(volume, IMAGES)} == before
    fresh = tmp_path / "fresh"
    ended = acquire(wiki, fresh, "category:Coast|depth=0", "--width", "250")
    wiki.refuse_width(0)
    refused = [row for row in rows_of(LocalStorage(fresh), FETCHES) if row["status"] == 400]
    assert refused
    assert {(row["outcome"], row["detail"]) for row in refused} == {("gone", "the server answered 400")}


def test_a_sparql_query_becomes_pictures(wiki: Wiki, sparql: SparqlServer, tmp_path: Path) -> None:
    query = tmp_path / "query.rq"
    query.write_text("SELECT ?image WHERE { ?item wdt:P31/wdt:P279* wd:Q146 ; wdt:P18 ?image }")
    ended = acquire(wiki, tmp_path / "volume", f"sparql:{query}", "--limit", "20", endpoint=sparql.address)
    assert ended.returncode == 0, ended.stderr
    assert len(rows_of(LocalStorage(tmp_path / "volume"), IMAGES)) >= 15


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("category:Nowhere", 2, "expected the name of a category, got 'Nowhere'"),
        ("category:Empty", 1, "holds no files"),
        ("sparql:SELECT ?image WHERE { ?item wdt:P18", 2, "refused the query"),
        ("sparql:SELECT ?item WHERE { ?item wdt:P18 ?image }", 2, "expected a column with pictures"),
        ("pictures:cats", 2, "expected wikimedia:category:NAME"),
    ],
)
def test_a_query_that_cannot_be_is_one_sentence(
    wiki: Wiki, sparql: SparqlServer, tmp_path: Path, query: str, code: int, message: str
) -> None:
    ended = acquire(wiki, tmp_path / "volume", query, endpoint=sparql.address)
    last = ended.stderr.splitlines()[-1]
    assert (ended.returncode, last.startswith("imagerec: ")) == (code, True), ended.stderr
    assert message in last
    assert "Traceback" not in ended.stderr


def test_a_contact_is_asked_for(wiki: Wiki, tmp_path: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "IMAGEREC_CONTACT"}
    ended = imagerec("acquisition", "--data", tmp_path / "volume", "--source", "wikimedia:category:Coast", **variables)
    assert ended.returncode == 2
    assert "--contact" in ended.stderr
    assert wiki.requests() == []


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    ended = imagerec(
        *("acquisition", "--data", tmp_path / "volume", "--source", "wikimedia:category:Coast"),
        *("--contact", "tests@example.org", "--endpoint", "http://127.0.0.1:9/api.php", "--allow-loopback"),
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "127.0.0.1:9" in ended.stderr.splitlines()[-1]


def test_pictures_metadata_json_has_the_licence(acquired: tuple[LocalStorage, Finished, Wiki]) -> None:
    records = json.loads((acquired[0].root / "images_metadata.json").read_text())
    assert {one["license_id"] for one in records} == set(collection.OPEN.values())
    assert all(one["attribution"] for one in records)
