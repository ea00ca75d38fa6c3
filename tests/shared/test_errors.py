"""Errors: the reasons of failures are a closed list."""

import pytest

from shared.errors import REASONS, TRANSIENT_REASONS, BadInputError


def test_reasons_are_a_closed_list() -> None:
    assert TRANSIENT_REASONS < REASONS
    with pytest.raises(ValueError, match="expected a reason of"):
        BadInputError("because", "")
