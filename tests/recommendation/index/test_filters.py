"""Conditions on metadata: parsed strictly, and the rows that plain Python finds."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommendation.index.build import columns
from recommendation.index.filters import matching_rows, parse_condition
from recommendation.index.metadata import Metadata
from shared.errors import UsageError

ROWS: list[dict[str, Any]] = [
    {
        "license": "CC0",
        "tags": ["Dog", "beach"],
        "brightness": 80.0,
        "width_px": 100,
        "date_taken": "2020-05-01T10:00:00",
    },
    {"license": "CC0", "tags": [], "brightness": 20.0, "width_px": 300, "filename": "A.JPG"},
    {"license": "", "tags": ["cat"], "brightness": None, "width_px": 200, "date_taken": "2021-01-01T00:00:00"},
]


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Metadata:
    data, document = columns.encode(ROWS)
    path: Path = tmp_path_factory.mktemp("metadata") / "some.arrow"
    path.write_bytes(data)
    return Metadata(path, document)


@pytest.mark.parametrize(
    ("texts", "rows"),
    [
        (["license=cc0"], [0, 1]),
        (["license != CC0"], [2]),
        (["tags=dog"], [0]),
        (["tags!=dog"], [1, 2]),
        (["tags~ea"], [0]),
        (["brightness>50"], [0]),
        (["brightness!=80"], [1, 2]),
        (["width_px<=200"], [0, 2]),
        (["date_taken>=2020-06"], [2]),
        (["date_taken~2020-05"], [0]),
        (["filename=a.jpg"], [1]),
        (["license=CC0", "width_px>100"], [1]),
        (["tags=bird"], []),
    ],
)
def test_rows_meet_all_conditions(metadata: Metadata, texts: list[str], rows: list[int]) -> None:
    found = matching_rows(metadata, [parse_condition(text) for text in texts])
    assert np.flatnonzero(found).tolist() == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("license", "expected COLUMN=VALUE .*, got 'license'"),
        ("is_removed=0", "expected a column of filename, .*, got 'is_removed'"),
        ("brightness=light", "expected a number after brightness=, got 'light'"),
        ("brightness>nan", "expected a number after brightness>, got 'nan'"),
        ("width_px~10", "expected one of = .* after width_px, got '~'"),
        ("1=1; DROP TABLE images", "expected a column of"),
    ],
)
def test_other_conditions_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=f"where: {message}"):
        parse_condition(text)
