"""An index of the made-up collection, searched both ways."""

import pytest

from recommendation import job
from recommendation.search.engine import Engine
from shared.storage import LocalStorage
from tests.in_process import context
from tests.recommendation.bare import bare
from tests.recommendation.made_up import make_volume
from tests.recommendation.search.known import ROWS


@pytest.fixture(scope="session")
def known_volume(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    return make_volume(LocalStorage(tmp_path_factory.mktemp("engine")), {"a": range(ROWS)})


@pytest.fixture(scope="session", params=["scan", "annoy"])
def engine(request: pytest.FixtureRequest, known_volume: LocalStorage) -> Engine:
    job.run(context(), bare(known_volume.root, search=request.param))
    return Engine.open(known_volume)
