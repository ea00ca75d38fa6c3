"""Tags by hand over HTTP: who, of which pictures, undone, and refused with a reason."""

import httpx
import pytest

from shared.people.tags import TagStore
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def ids(client: httpx.Client, count: int) -> list[str]:
    return [one["image_id"] for one in client.get("/v1/images", params={"limit": count}).json()["images"]]


def tags_of(client: httpx.Client, image_id: str) -> list[str]:
    return [one["tag"] for one in client.get(f"/v1/images/{image_id}/tags").json()["tags"]]


def change(client: httpx.Client, pictures: list[str], **changes: object) -> httpx.Response:
    return client.post("/v1/tags", json={"pictures": pictures, "user_id": "Ada", **changes})


def test_tags_are_added_removed_and_undone(client: httpx.Client, own_collection: Collection) -> None:
    first, second = ids(client, 2)
    [source_tag] = tags_of(client, first)
    added = change(client, [first, second], add=["  by   the sea "], remove=[source_tag]).json()
    assert added["added"] == {"by the sea": [first, second]}
    assert first in added["removed"][source_tag]
    assert tags_of(client, first) == ["by the sea"]
    described = client.get(f"/v1/images/{first}/tags").json()
    assert [(one["origin"], one["user_id"]) for one in described["tags"]] == [("hand", "Ada")]
    assert change(client, [first], add=["by the sea"]).json()["added"] == {}
    change(client, added["added"]["by the sea"], remove=["by the sea"])
    change(client, added["removed"][source_tag], add=[source_tag])
    assert tags_of(client, first) == [source_tag]
    assert {one.user_id for one in TagStore(own_collection.volume).all()} == {"Ada"}


def test_suggestions_are_tags_of_similar_pictures_and_the_category(client: httpx.Client) -> None:
    [image_id] = ids(client, 1)
    found = client.get(f"/v1/images/{image_id}/tags").json()
    category = client.get(f"/v1/images/{image_id}").json()["category"]
    assert category in found["suggestions"]
    assert not set(found["suggestions"]) & {one["tag"] for one in found["tags"]}


def test_all_tags_are_counted_with_those_of_today(client: httpx.Client) -> None:
    pictures = ids(client, 3)
    change(client, pictures, add=["new"])
    everywhere = {one["tag"]: one["pictures"] for one in client.get("/v1/tags").json()["tags"]}
    assert everywhere["new"] == 3
    of_two = {one["tag"]: one["pictures"] for one in client.get("/v1/tags", params={"id": pictures[:2]}).json()["tags"]}
    assert of_two["new"] == 2


def test_who_is_forgotten_is_no_longer_named_by_tags(client: httpx.Client, own_collection: Collection) -> None:
    [image_id] = ids(client, 1)
    change(client, [image_id], add=["sea"])
    client.post("/v1/users/Ada/likes", json={"pictures": [image_id]})
    assert client.delete("/v1/users/Ada").status_code == 200
    assert [(one.tag, one.user_id) for one in TagStore(own_collection.volume).all()] == [("sea", "")]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "tags: expected 1"),
        ({"add": ["a"], "remove": ["a"]}, "both"),
        ({"add": ["  "]}, "tag: expected 1"),
        ({"add": ["x" * 101]}, "tag: expected 1"),
        ({"add": ["a\u0000b"]}, "control"),
        ({"add": "sea"}, "add: expected a list"),
        ({"add": [1]}, "add: expected a list"),
        ({"add": ["a"], "user_id": ""}, "user id"),
        ({"add": ["a"], "user_id": 3}, "user_id"),
        ({"add": ["a"], "colour": "red"}, "colour"),
        ({"add": [f"tag {number}" for number in range(21)]}, "20"),
        ({"add": ["a"], "pictures": []}, "pictures"),
        ({"add": ["a"], "pictures": ["0" * 32]}, "0000"),
    ],
)
def test_what_cannot_be_a_change_is_refused_and_nothing_is_stored(
    client: httpx.Client, own_collection: Collection, changes: dict[str, object], says: str
) -> None:
    body = {"pictures": ids(client, 1), "user_id": "Ada", **changes}
    response = client.post("/v1/tags", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "wrong_usage")
    assert says in response.json()["error"]["message"]
    assert TagStore(own_collection.volume).all() == []
