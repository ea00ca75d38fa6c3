"""One thread is watched, whatever the others do."""

import threading
import time
from collections.abc import Iterator

import pytest

from shared.command.profiling.sampler import Sampler


@pytest.fixture
def other() -> Iterator[None]:
    """A thread that is busy all the time."""
    ended = threading.Event()
    thread = threading.Thread(target=keep_busy, args=(ended,))
    thread.start()
    yield
    ended.set()
    thread.join()


def keep_busy(ended: threading.Event) -> None:
    while not ended.is_set():
        sum(range(1000))


def wait_until_seen(sampler: Sampler) -> None:
    deadline = time.monotonic() + 10
    while "wait_until_seen" not in names(sampler) and time.monotonic() < deadline:
        sum(range(1000))


def names(sampler: Sampler) -> set[str]:
    return {name for stack in list(sampler.stacks) for _, _, name in stack}


@pytest.mark.usefixtures("other")
def test_what_the_block_calls_is_seen_and_nothing_else() -> None:
    with Sampler() as sampler:
        wait_until_seen(sampler)
    assert names(sampler) >= {"wait_until_seen"}
    assert not names(sampler) & {"keep_busy", "test_what_the_block_calls_is_seen_and_nothing_else"}
