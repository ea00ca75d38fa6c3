"""A host on the loopback whose rules nobody knows yet."""

from collections.abc import Iterator

import pytest

from acquisition.fetching import task
from tests.acquisition.fetching.hosts import Host, serving


@pytest.fixture(autouse=True)
def no_rules_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "KNOWN_RULES", {})


@pytest.fixture
def host() -> Iterator[Host]:
    with serving() as made:
        yield made
