"""A service over a collection that a test may change."""

from collections.abc import Iterator

import httpx
import pytest

from recommendation.search.answerer import Answerer
from recommendation.search.thumbnails import Thumbnails
from recommendation.settings import ServeSettings
from recommendation.web.health import Health
from recommendation.web.server import create_app
from tests.recommendation.conftest import Collection
from tests.recommendation.web.running import running


@pytest.fixture
def client(own_collection: Collection) -> Iterator[httpx.Client]:
    answerer = Answerer(own_collection.volume)
    health = Health(answerer, Thumbnails(own_collection.volume))
    with running(create_app(answerer, health, ServeSettings(data=own_collection.volume.root))) as client:
        yield client
