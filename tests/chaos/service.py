"""The query service, asked all the while the runs beside it are killed."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from shared.storage import LocalStorage
from tests.chaos.processes import Command

ASK_EVERY_S = 0.3
START_LIMIT_S = 120.0
ADDRESS = re.compile(r"answering on (http://\S+)")


class Watch:
    """Asks one query again and again, and keeps what was wrong.

    Args:
        address: of the service.
        picture: the query.
        answers: the right results of every generation that may be live, as JSON.
    """

    def __init__(self, address: str, picture: bytes, answers: Mapping[str, str]) -> None:
        self._address, self._picture, self._answers = address, picture, answers
        self.asked: dict[str, int] = {}  # generation -> answers from it
        self.wrong: list[str] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)

    def _ask_on(self) -> None:
        with httpx.Client(base_url=self._address, timeout=60, trust_env=False) as client:
            while not self._ended.wait(ASK_EVERY_S):
                self._ask(client)

    def _ask(self, client: httpx.Client) -> None:
        try:
            answer = client.post("/v1/query", files={"images": ("query", self._picture)})
            content = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            self.wrong.append(f"no answer: {error}")
            return
        generation = content["generation"]
        self.asked[generation] = self.asked.get(generation, 0) + 1
        if generation not in self._answers or content["results"] != json.loads(self._answers[generation]):
            self.wrong.append(f"a wrong answer from generation {generation}")

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


@contextmanager
def watched(volume: LocalStorage, folder: Path, picture: bytes, answers: Mapping[str, str]) -> Iterator[Watch]:
    """The service of a volume that has an index, asked until the block ends."""
    service = Command(["serve", "--data", str(volume.root), "--port", "0", "--show-locations", "yes"], folder, volume)
    try:
        with Watch(address_of(service), picture, answers) as watch:
            yield watch
    finally:
        service.process.terminate()
        service.wait()


def address_of(service: Command) -> str:
    """Where a starting service answers.

    Raises:
        TimeoutError: it does not say so in time.
    """
    pause = threading.Event()
    for _ in range(int(START_LIMIT_S / ASK_EVERY_S)):
        found = ADDRESS.search(service.said)
        if found:
            return found[1]
        pause.wait(ASK_EVERY_S)
    raise TimeoutError(f"the service does not start:\n{service.said}")
