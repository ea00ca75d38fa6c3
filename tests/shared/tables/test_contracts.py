"""Contracts: every column says what it means."""

import pytest

from shared.tables.contracts import CONTRACTS, LISTING, STAGED, Contract


@pytest.mark.parametrize("contract", [*CONTRACTS.values(), LISTING, STAGED], ids=lambda contract: contract.name)
def test_every_column_says_what_it_means(contract: Contract) -> None:
    assert all(field.metadata[b"meaning"] for field in contract.schema)
