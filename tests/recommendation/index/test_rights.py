"""Licence and credit of a picture as the index stores them."""

import pytest

from recommendation.index.build.rights import RIGHTS_COLUMNS, with_rights

CC = "https://creativecommons.org/licenses"


def rights(**values: str) -> dict[str, str]:
    found = with_rights(dict.fromkeys(RIGHTS_COLUMNS, "") | values)
    return {name: found[name] for name in ("license", "license_id", "license_url", "attribution")}


@pytest.mark.parametrize(
    ("stated", "shown", "license_id", "url"),
    [
        ({"license": f"{CC}/by-sa/3.0/de/"}, "CC-BY-SA-3.0-DE", "CC-BY-SA-3.0-DE", f"{CC}/by-sa/3.0/de/"),
        (
            {"license": "Attribution-ShareAlike 4.0", "license_id": "CC-BY-SA-4.0"},
            "CC-BY-SA-4.0",
            "CC-BY-SA-4.0",
            f"{CC}/by-sa/4.0/",
        ),
        ({"license": "© 2020 Jane"}, "© 2020 Jane", "", ""),
        ({"license": "House rules", "license_id": "unknown"}, "House rules", "unknown", ""),
        ({}, "", "", ""),
    ],
)
def test_a_licence_that_is_understood_has_its_identifier(
    stated: dict[str, str], shown: str, license_id: str, url: str
) -> None:
    found = rights(**stated)
    assert (found["license"], found["license_id"], found["license_url"]) == (shown, license_id, url)


def test_a_credit_is_composed_where_the_source_has_none() -> None:
    found = rights(title="Sea", author="Jane", license="cc-by-4.0")
    assert found["attribution"] == f"“Sea” by Jane, CC BY 4.0 ({CC}/by/4.0/)"
    assert rights(attribution="Photo: Jane", license="cc-by-4.0")["attribution"] == "Photo: Jane"


def test_a_picture_of_which_nothing_is_stated_has_no_credit() -> None:
    assert rights(title="IMG 1234")["attribution"] == ""
