"""People from end to end over a small real collection: commands, the batch, the service, Python."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow.parquet as pq
import pytest
from pyspark import SparkContext

from labeling import job as labeling
from labeling.people.job import USERS_JSON
from labeling.settings import Settings as LabelingSettings
from recommendation import job as recommendation
from recommendation import recommend_images
from recommendation.recommend.job import RECOMMENDATIONS_JSON
from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.server import create_app
from shared import tables
from shared.people.simulate import simulate
from shared.people.store import PeopleStore
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES, LIKES, PATTERNS, PROFILES, RECOMMENDATIONS
from tests.commands import Finished, imagerec, imagerec_here
from tests.recommendation.bare import bare
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running
from tests.rows import rows_of

pytestmark = pytest.mark.spark

AGREED = ["user_id", "favorite_colors", "favorite_orientation", "favorite_size", "favorite_tags", "favorite_images"]


def build(sc: SparkContext, volume: LocalStorage) -> None:
    labeling.run(sc, LabelingSettings(data=volume.root))
    recommendation.run(sc, bare(volume.root))


def names(volume: LocalStorage, subject: str) -> list[str]:
    return sorted(row["filename"] for row in rows_of(volume, IMAGES) if row["tags"] == [subject])


def subjects(volume: LocalStorage) -> list[str]:
    return sorted({row["tags"][0] for row in rows_of(volume, IMAGES)})


def read_json(volume: LocalStorage, key: str) -> Any:
    return json.loads(volume.read(key))


def run(volume: LocalStorage, *arguments: str) -> Finished:
    return imagerec_here(*arguments, "--data", volume.root)


@pytest.fixture(scope="module")
def peopled(sc: SparkContext, collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """The collection with eight people and everything that the stages make of them."""
    import shutil

    volume = LocalStorage(tmp_path_factory.mktemp("peopled") / "volume")
    shutil.copytree(collection.volume.root, volume.root)
    simulate(volume, 7, seed=3)
    assert run(volume, "like", "Ada", *names(volume, subjects(volume)[0])).returncode == 0
    assert run(volume, "dislike", "Ada", names(volume, subjects(volume)[1])[0]).returncode == 0
    build(sc, volume)
    return volume


def test_users_json_has_the_agreed_fields_first(peopled: LocalStorage) -> None:
    users = read_json(peopled, USERS_JSON)
    assert [list(one)[:6] for one in users] == [AGREED] * 8
    ada = users[0]
    subject, other = subjects(peopled)[:2]
    assert (ada["user_id"], ada["favorite_tags"], ada["source"]) == ("Ada", [subject], "command")
    assert sorted(ada["favorite_images"]) == names(peopled, subject)
    assert ada["dislikes"] == names(peopled, other)[:1]
    assert all(10 <= len(one["favorite_images"]) <= 20 for one in users[1:])
    assert {one["family"] for one in users[1:]} == {"class", "multi", "colour", "orient", "mixed", "crowd", "none"}


def test_profiles_and_patterns_count_what_people_like(peopled: LocalStorage) -> None:
    n_likes = sum(len(row["favorite_images"]) for row in rows_of(peopled, PROFILES))
    patterns = rows_of(peopled, PATTERNS)
    shares = {
        kind: [row["share"] for row in patterns if row["kind"] == kind] for kind in ("orientation", "size", "cluster")
    }
    for found in shares.values():
        assert sum(found) == pytest.approx(1, abs=1e-5)
    assert sum(row["people"] for row in patterns if row["kind"] == "orientation") == n_likes
    report = read_json(peopled, "reports/patterns.json")
    assert (report["people"], report["likes"]) == (8, n_likes)
    assert report["clusters"]
    assert report["most_similar"]


def test_everybody_has_recommendations_with_licence_and_reason(peopled: LocalStorage) -> None:
    found = read_json(peopled, RECOMMENDATIONS_JSON)
    assert list(found) == sorted(one["user_id"] for one in read_json(peopled, USERS_JSON))
    for user_id, items in found.items():
        said = {one.image_id for one in PeopleStore(peopled).events(user_id)}
        assert items
        assert not said & {one["image_id"] for one in items}
        assert all(one["reason"] for one in items)
        assert [one["score"] for one in items] == pytest.approx([sum(one["parts"].values()) for one in items], abs=0.01)


def test_the_number_of_partitions_changes_no_byte(
    sc: SparkContext, peopled: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recommendation.recommend import job

    before = [part.sha256 for part in tables.open_snapshot(peopled).parts(RECOMMENDATIONS)]
    monkeypatch.setattr(job, "spread", lambda context, items: context.parallelize(items, 1).repartition(7))
    made = job.compute(sc, peopled, tables.open_snapshot(peopled).parts(LIKES), "other")
    assert [part.sha256 for part in made] == before


def test_a_second_run_writes_nothing(sc: SparkContext, peopled: LocalStorage) -> None:
    def states() -> dict[str, int]:
        return {one.key: one.modified_ns for one in peopled.list("") if one.key != "lock"}

    build(sc, peopled)
    before = states()
    build(sc, peopled)
    assert states() == before


def test_the_batch_and_the_command_line_recommend_the_same(peopled: LocalStorage) -> None:
    shown = json.loads(run(peopled, "recommend", "Ada", "--json").stdout)["recommendations"]
    stored = read_json(peopled, RECOMMENDATIONS_JSON)["Ada"]
    assert len(shown) == len(stored) > 0
    assert [{name: one[name] for name in stored[0]} for one in shown] == stored  # and the picture's metadata


def test_recommend_images_is_what_the_command_line_shows(peopled: LocalStorage) -> None:
    found = recommend_images("Ada", 3, data=peopled.root)
    items = read_json(peopled, RECOMMENDATIONS_JSON)["Ada"]
    assert found[0] == (items[0]["file_name"], items[0]["reason"])
    assert len(found) == 3
    assert len(recommend_images("nobody at all", data=peopled.root)) == 5
    for wrong in (0, 1001):
        with pytest.raises(ValueError, match="n: expected 1 to 1000"):
            recommend_images("Ada", wrong, data=peopled.root)


def test_a_long_list_of_people_is_cut_and_says_so(peopled: LocalStorage) -> None:
    shown = run(peopled, "users", "--limit", "2").stdout.splitlines()
    assert [line.split()[0] for line in shown[1:3]] == ["Ada", "simulated-3-01"]
    assert shown[3:] == ["and 6 more people; --limit 0 lists all"]
    assert len(run(peopled, "users", "--limit", "0").stdout.splitlines()) == 9


def test_a_gallery_is_drawn(peopled: LocalStorage, tmp_path: Path) -> None:
    assert run(peopled, "recommend", "Ada", "--gallery", str(tmp_path / "out.png")).returncode == 0
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("like", "Ada", "no such picture.jpg"), "picture: expected the id, path, URL or file name"),
        (("like", "A\x00", "x"), "user id: expected no control characters"),
        (("forget", "nobody"), "expected a person of `imagerec users`"),
        (("recommend", "Ada", "--n", "0"), "--n: expected 1 to 1000"),
        (("users", "import"), "expected a file or folder"),
        (("users", "simulate", "--count", "0"), "expected --count 1 to 100000"),
        (("users", "--limit", "-1"), "--limit: expected 0 (all) or more"),
    ],
)
def test_wrong_usage_is_one_sentence(peopled: LocalStorage, arguments: tuple[str, ...], message: str) -> None:
    finished = run(peopled, *arguments)
    assert finished.returncode == 2
    assert message in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_forgetting_removes_a_person_from_every_table_and_file(sc: SparkContext, own_collection: Collection) -> None:
    volume = own_collection.volume
    simulate(volume, 2, seed=1)
    run(volume, "like", "Zebedee", names(volume, subjects(volume)[0])[0])
    build(sc, volume)
    assert run(volume, "forget", "Zebedee").returncode == 0
    build(sc, volume)
    for contract in (LIKES, PROFILES, RECOMMENDATIONS):
        assert "Zebedee" not in {row["user_id"] for row in rows_of(volume, contract)}
    assert [path for path in volume.root.rglob("*") if path.is_file() and b"Zebedee" in unpacked(path)] == []


def unpacked(path: Path) -> bytes:
    """A file's bytes; of a Parquet file all its values."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    return json.dumps(pq.read_table(path).to_pylist(), default=str).encode()


def test_a_picture_that_is_gone_is_counted_and_nothing_is_lost(peopled: LocalStorage) -> None:
    from shared.people.current import current_profile
    from shared.people.events import Event

    store = PeopleStore(peopled)
    store.record([Event("Bob", "f" * 32, 1.0, 1.0, "test")])
    profile = current_profile(peopled, "Bob")
    assert profile is not None
    assert (profile["removed"], profile["favorite_images"]) == (1, [])
    assert run(peopled, "recommend", "Bob").returncode == 0
    assert store.forget("Bob") == 1


@pytest.fixture(scope="module")
def client(peopled: LocalStorage) -> Iterator[httpx.Client]:
    answerer = Answerer(peopled)
    health = Health(answerer, Thumbnails(peopled))
    with running(create_app(answerer, health, ServeSettings(data=peopled.root))) as client:
        yield client


def test_the_service_answers_as_the_command_line(client: httpx.Client, peopled: LocalStorage) -> None:
    everybody = json.loads(run(peopled, "users", "--json").stdout)
    assert client.get("/v1/users").json() == everybody
    assert client.get("/v1/users", params={"limit": 2, "after": everybody[0]["user_id"]}).json() == everybody[1:3]
    assert client.get("/v1/users?limit=0").status_code == 422
    assert client.get("/v1/users/Ada").json() == everybody[0]
    answer = client.get("/v1/users/Ada/recommendations", params={"n": 10}).json()
    assert answer == json.loads(run(peopled, "recommend", "Ada", "--json").stdout)


def test_a_like_changes_the_next_answer(client: httpx.Client, peopled: LocalStorage) -> None:
    subject = subjects(peopled)[-1]
    user = "/v1/users/" + quote("Zoë O'Neil", safe="")
    first = client.get(f"{user}/recommendations").json()["recommendations"]
    assert first[0]["reason"].startswith("You have not liked any picture yet")
    liked = names(peopled, subject)[:2]
    posted = client.post(f"{user}/likes", json={"pictures": liked})
    assert posted.status_code == 200
    after = client.get(f"{user}/recommendations").json()["recommendations"]
    assert after[0]["file_name"] in names(peopled, subject)[2:]
    assert set(after[0]["because_of"]) <= set(liked)
    client.post(f"{user}/likes", json={"pictures": [after[0]["image_id"]], "value": -1})
    last = client.get(f"{user}/recommendations").json()["recommendations"]
    assert after[0]["image_id"] not in {one["image_id"] for one in last}
    assert client.request("DELETE", f"{user}/likes", json={"pictures": liked}).status_code == 200
    assert client.get(user).json()["favorite_images"] == []
    assert client.delete(user).json()["deleted"] == 3
    assert client.get(user).status_code == 404


def test_an_id_is_taken_as_it_is_stored_only(client: httpx.Client, peopled: LocalStorage) -> None:
    image_id = next(row["image_id"] for row in rows_of(peopled, IMAGES) if row["image_id"].upper() != row["image_id"])
    assert client.post("/v1/users/Eve/likes", json={"pictures": [image_id.upper()]}).status_code == 422
    assert client.post("/v1/users/Eve/likes", json={"pictures": [image_id]}).json()["image_ids"] == [image_id]
    assert client.delete("/v1/users/Eve").json()["deleted"] == 1


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("{", 422, "body: expected JSON"),
        ("[]", 422, "body: expected a JSON object"),
        ("{}", 422, "pictures: expected a list"),
        ('{"pictures": ["nothing"]}', 422, "picture: expected the id"),
        ('{"pictures": ["a"], "value": 3}', 422, "value: expected 1"),
        ('{"pictures": ["a"], "stars": 3}', 422, "body: expected the fields"),
    ],
)
def test_a_wrong_body_is_refused_in_one_sentence(client: httpx.Client, body: str, status: int, message: str) -> None:
    answer = client.post("/v1/users/Ada/likes", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_a_page_of_another_site_cannot_like(client: httpx.Client) -> None:
    answer = client.post("/v1/users/Ada/likes", content='{"pictures": []}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("query", ["n=0", "n=many", "recommender=magic"])
def test_impossible_options_are_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/v1/users/Ada/recommendations?{query}").status_code == 422


def test_recommendations_are_evaluated_beside_baselines(peopled: LocalStorage) -> None:
    flags = ("--users", "--seeds", "1", "--recommender", "hybrid", "--json", "--master", "local[2]")
    shown = imagerec("evaluate", *flags, "--data", peopled.root)
    assert shown.returncode == 0
    report = json.loads(shown.stdout)
    assert list(report["recommenders"]) == ["hybrid", "popular", "random"]
    assert report["people"] == 8
    assert (report["hybrid_list"]["untrue_reasons"], report["hybrid_list"]["forbidden_pictures"]) == (0, 0)
