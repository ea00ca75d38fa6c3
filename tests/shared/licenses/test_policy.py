"""Which licences are accepted, what may be shown, and the stricter of two statements."""

import itertools

import pytest

from shared.errors import UsageError
from shared.licenses import OPEN, is_permitted, license_by_id, parse_policy, stricter


@pytest.mark.parametrize(
    ("policy", "accepted", "refused"),
    [
        (
            OPEN,
            "CC0-1.0 LicenseRef-PDM-1.0 LicenseRef-PD LicenseRef-US-Gov CC-BY-2.0 CC-BY-SA-3.0-DE GFDL-1.2-or-later LAL-1.3 "
            "LicenseRef-Unsplash LicenseRef-Pexels LicenseRef-Attribution OGL-UK-3.0 MIT",
            "CC-BY-ND-4.0 CC-BY-NC-4.0 CC-BY-NC-SA-2.0 LicenseRef-NKC LicenseRef-InC LicenseRef-CNE LicenseRef-NonFree unknown",
        ),
        ("cc-by", "CC-BY-2.0 CC-BY-4.0 CC-BY-3.0-IGO", "CC-BY-SA-4.0 CC0-1.0 CC-BY-NC-4.0 unknown"),
        ("CC0, pdm", "CC0-1.0 LicenseRef-PDM-1.0", "LicenseRef-PD CC-BY-4.0"),
        ("cc-by-4.0", "CC-BY-4.0", "CC-BY-3.0 CC-BY-SA-4.0"),
        ("open,cc-by-nc", "CC-BY-NC-4.0 CC-BY-4.0", "CC-BY-NC-SA-4.0 unknown"),
        ("unknown", "unknown", "CC0-1.0 LicenseRef-InC"),
        ("any", "unknown LicenseRef-InC CC-BY-4.0", ""),
    ],
)
def test_a_policy_names_groups_and_identifiers(policy: str, accepted: str, refused: str) -> None:
    made = parse_policy(policy)
    assert [name for name in accepted.split() if not made.accepts(license_by_id(name))] == []
    assert [name for name in refused.split() if made.accepts(license_by_id(name))] == []


@pytest.mark.parametrize(("text", "got"), [("cc-by,cc-bye", "'cc-bye'"), ("", "''"), (",", "','")])
def test_a_name_that_stands_for_no_licence_is_wrong_usage(text: str, got: str) -> None:
    with pytest.raises(UsageError, match=rf"--licenses: expected open, .* cc-by, .*; got {got}"):
        parse_policy(text)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        *(("", True), ("CC-BY-NC-ND-4.0", True), ("© 2020 Jane Doe", True), ("see website", True), ("unknown", True)),
        *((" All Rights Reserved ", False), ("none", False), ("Copyrighted", False), ("in copyright", False)),
        *(("no licence", False), ("http://rightsstatements.org/vocab/InC/1.0/", False), ("LicenseRef-NonFree", False)),
    ],
)
def test_a_picture_may_be_shown_unless_its_source_refuses_that(statement: str, expected: bool) -> None:
    assert is_permitted(statement) == expected


def test_the_stricter_of_two_statements() -> None:
    by_strictness = [
        *(
            "",
            "LicenseRef-PD",
            "CC-BY-4.0",
            "CC-BY-2.0",
            "CC BY-SA 4.0",
            "CC-BY-ND-4.0",
            "CC-BY-NC-4.0",
            "CC-BY-NC-SA-4.0",
        ),
        *("CC-BY-NC-ND-4.0", "see website", "All rights reserved"),
    ]
    for lax, strict in itertools.combinations(by_strictness, 2):
        assert stricter([lax, strict]) == stricter([strict, lax]) == strict
    assert stricter([]) == ""
