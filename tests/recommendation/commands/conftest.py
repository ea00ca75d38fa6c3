"""An inbox of its own for each test."""

from pathlib import Path

import pytest

from recommendation.commands.inbox import Inbox
from recommendation.search.answerer import Answerer
from recommendation.search.request import Options
from shared.storage import LocalStorage


@pytest.fixture
def inbox(tmp_path: Path, answerer: Answerer) -> Inbox:
    return Inbox(LocalStorage(tmp_path), answerer, Options(top_k=2))
