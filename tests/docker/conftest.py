"""The images, built once, and the chain on the built-in sample, run once."""

from collections.abc import Iterator

import pytest

from tests.docker.compose import Outcome, Project, project


@pytest.fixture(scope="session")
def images() -> None:
    Project("images").do("build")


@pytest.fixture(scope="session")
def chain(images: None) -> Iterator[Project]:
    """The chain after its first `up`, on two local cores."""
    with project("chain", SPARK_MASTER="local[2]") as made:
        made.up()
        yield made


@pytest.fixture(scope="session")
def expected(chain: Project) -> Outcome:
    return chain.outcome()
