"""One Compose project of its own: other containers and volumes of the machine are not touched."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.commands import ROOT

SERVICES = ("acquisition", "labeling", "embedding", "recommendation-build")
CLUSTER = "spark://spark-master:7077"
#: All parts but those of `runs`, which hold times.
HASH_PARTS = r"cd /shared_data/tables && find . -name '*.parquet' -not -path './runs/*' | sort | xargs sha256sum"
QUERY_PICTURES = "find /shared_data/images -type f -size +4k | sort | sed -n '1p;60p;120p;180p;240p'"


class Outcome(NamedTuple):
    """What a chain left: digests of the tables' files, and answers without what they took."""

    parts: list[str]
    answers: list[dict[str, Any]]


class Project:
    """A Compose project with some variables set."""

    def __init__(self, name: str, **variables: str) -> None:
        self.name, self.port = f"imagerec-test-{name}", free_port()
        self.environ = {**os.environ, "PORT": str(self.port), **variables}
        self.profile = ["--profile", "cluster"] if variables.get("SPARK_MASTER") == CLUSTER else []

    def command(self, *arguments: str) -> list[str]:
        return ["docker", "compose", "-p", self.name, *self.profile, *arguments]

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a Compose command, whatever its exit code."""
        return subprocess.run(
            self.command(*arguments), cwd=ROOT, env=self.environ, capture_output=True, text=True, check=False
        )

    def do(self, *arguments: str) -> str:
        """Run a Compose command that must succeed; return what it printed."""
        done = self.call(*arguments)
        assert done.returncode == 0, (
            f"{arguments}\n{done.stdout}\n{done.stderr}\n{self.call('logs', '--tail', '40').stdout}"
        )
        return done.stdout

    def copy_sample(self, other: "Project") -> None:
        """Take over the pictures that another project has drawn: drawing them is most of the first stage's time."""
        volume = f"{other.name}_shared_data:/from:ro"
        self.do(
            "run",
            "--rm",
            "--no-deps",
            "-T",
            "--volume",
            volume,
            "acquisition",
            "cp",
            "-a",
            "/from/images",
            "/shared_data/",
        )

    def up(self) -> None:
        """`docker compose up`, until every stage has ended and the service answers."""
        self.do("up", "--detach", *self.scale())
        self.do("wait", "recommendation-build")
        self.wait_until_healthy()

    def scale(self) -> list[str]:
        return ["--scale", "spark-worker=2"] if self.profile else []

    def wait_until_healthy(self) -> None:
        self.do("up", "--detach", "--no-recreate", "--no-deps", "--wait", "recommendation")

    def ask(self, *arguments: str) -> str:
        """Run a command inside the running service."""
        return self.do("exec", "-T", "recommendation", *arguments)

    def inspect(self, service: str) -> dict[str, Any]:
        container = self.do("ps", "--all", "--quiet", service).split()[0]
        answer = subprocess.run(["docker", "inspect", container], capture_output=True, check=True)
        (found,) = json.loads(answer.stdout)
        return dict(found)

    def logs(self, service: str) -> str:
        return self.do("logs", "--no-log-prefix", service)

    def outcome(self) -> Outcome:
        pictures = self.ask("sh", "-c", QUERY_PICTURES).split()
        answers = [json.loads(self.ask("imagerec", "query", "--json", "--image", picture)) for picture in pictures]
        for answer in answers:
            del answer["seconds"]
        return Outcome(self.ask("sh", "-c", HASH_PARTS).splitlines(), answers)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def project(name: str, **variables: str) -> Iterator[Project]:
    """A project without containers and volumes, before and after."""
    made = Project(name, **variables)
    made.call("down", "--volumes", "--remove-orphans")
    try:
        yield made
    finally:
        made.call("down", "--volumes", "--remove-orphans", "--timeout", "2")
