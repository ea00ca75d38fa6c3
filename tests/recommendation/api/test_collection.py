"""The Python API over a small real collection: the answers of the other doors, errors, and what notebooks show."""

from pathlib import Path

import pytest

import imagerec
from recommendation.recommend.api import recommend_images
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def opened(collection: Collection) -> imagerec.Collection:
    return imagerec.open(collection.volume.root)


def test_a_query_answers_as_the_command_line_does(
    opened: imagerec.Collection, collection: Collection, answerer: Answerer
) -> None:
    path = collection.paths()[3]
    answer = opened.query(path, top_k=4, measure=["default", "color"])
    expected = answerer.answer([read_upload(path)], Options(top_k=4, measure=("default", "color"))).content
    assert answer.content["results"] == expected["results"]
    assert answer.measures == ["default", "color"]
    assert list(answer) == expected["results"]["default"]


def test_files_and_ids_can_be_mixed(opened: imagerec.Collection, collection: Collection) -> None:
    stored = opened.picture(collection.paths()[0].name)
    answer = opened.query(stored.image_id, collection.paths()[5], measure=["default"], combine="max")
    names = {one["filename"] for one in answer}
    assert names.isdisjoint({collection.paths()[0].name, collection.paths()[5].name})


def test_answers_show_themselves(opened: imagerec.Collection, collection: Collection) -> None:
    answer = opened.query(collection.paths()[0], top_k=2, measure=["color"])
    page = answer._repr_html_()
    assert page.count("data:image/jpeg;base64,") == 3  # the query and two answers
    assert repr(answer).splitlines()[1].endswith(answer["color"][0]["filename"])


def test_names_are_never_markup(opened: imagerec.Collection, collection: Collection) -> None:
    answer = opened.query(collection.paths()[0], top_k=1, measure=["color"])
    answer["color"][0]["filename"] = "<img src=x onerror=alert(1)>"
    assert "<img src=x" not in answer._repr_html_()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "expected 1 to 1000"),
        ({"measure": ["taste"]}, f"expected some of default, {', '.join(MEASURES)}"),
        ({"colour": 1}, "colour"),
    ],
)
def test_wrong_options_say_what_is_expected(
    opened: imagerec.Collection, collection: Collection, options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        opened.query(collection.paths()[0], **options)


def test_a_file_that_is_not_there_is_bad_input(opened: imagerec.Collection) -> None:
    with pytest.raises(imagerec.BadInputError) as caught:
        opened.query("nowhere.jpg")
    assert caught.value.reason == "vanished"


def test_sql_gives_rows_as_arrow_and_as_dictionaries(opened: imagerec.Collection) -> None:
    table = opened.sql("SELECT orientation, count(*) AS n FROM labels GROUP BY ALL")
    assert sum(row["n"] for row in table) == len(opened)
    assert table.arrow.column_names == ["orientation", "n"]
    assert "<th>orientation</th>" in table._repr_html_()
    with pytest.raises(ValueError, match="Parser Error"):
        opened.sql("SELEC")


def test_likes_change_what_is_recommended(own_collection: Collection) -> None:
    pictures = imagerec.open(own_collection.volume.root)
    names = [path.name for path in own_collection.paths()[:3]]
    pictures.like("Ada", *names)
    found = pictures.recommend("Ada", n=5)
    assert [(one["file_name"], one["reason"]) for one in found] == recommend_images(
        "Ada", 5, own_collection.volume.root
    )
    assert {one["file_name"] for one in found}.isdisjoint(names)
    assert found._repr_html_().count("data:image/jpeg;base64,") == 5
    pictures.unlike("Ada", *names)
    with pytest.raises(ValueError, match="nowhere"):
        pictures.like("Ada", "nowhere.jpg")


def test_a_volume_without_an_index_is_one_sentence(volume: LocalStorage) -> None:
    with pytest.raises(imagerec.CannotProceedError, match="no index"):
        imagerec.open(volume.root)


def test_drawings_that_are_not_there_say_what_makes_them(volume: LocalStorage, own_collection: Collection) -> None:
    pictures = imagerec.open(own_collection.volume.root)
    Path(own_collection.volume.local_path("reports")).mkdir(exist_ok=True)
    for path in own_collection.volume.local_path("reports").glob("map.png"):
        path.unlink()
    with pytest.raises(imagerec.CannotProceedError, match="imagerec run"):
        pictures.map()
