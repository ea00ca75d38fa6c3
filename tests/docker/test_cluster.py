"""The same chain on a Spark cluster of containers: same bytes, same answers, also when a worker is killed."""

import json
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.commands import ROOT
from tests.docker.compose import CLUSTER, Outcome, Project, project

pytestmark = pytest.mark.slow
MASTER_PAGE = "http://127.0.0.1:8080"
COUNT_LABELS = "ls /shared_data/tables/labels 2>/dev/null | grep -c '[.]parquet$' || true"


def test_one_core_gives_the_same_tables_and_answers(chain: Project, expected: Outcome) -> None:
    with project("one", SPARK_MASTER="local[1]") as one:
        one.copy_sample(chain)
        one.up()
        assert one.outcome() == expected


@pytest.fixture(scope="module")
def cluster(chain: Project) -> Iterator[Project]:
    with project("cluster", SPARK_MASTER=CLUSTER) as made:
        made.copy_sample(chain)
        made.up()
        yield made


def test_two_workers_give_the_same_tables_and_answers(cluster: Project, expected: Outcome) -> None:
    assert cluster.outcome() == expected


def test_the_masters_page_shows_both_workers_and_the_applications(cluster: Project) -> None:
    state = httpx.get(f"{MASTER_PAGE}/json/").json()
    assert len([worker for worker in state["workers"] if worker["state"] == "ALIVE"]) == 2
    assert len(state["completedapps"]) == 4
    assert "imagerec embedding" in httpx.get(MASTER_PAGE).text


def test_only_the_masters_page_is_published(cluster: Project) -> None:
    published = {
        service: [
            (port, address["HostIp"])
            for port, addresses in (cluster.inspect(service)["HostConfig"]["PortBindings"] or {}).items()
            for address in addresses
        ]
        for service in ("spark-master", "spark-worker")
    }
    assert published == {"spark-master": [("8080/tcp", "127.0.0.1")], "spark-worker": []}


def test_the_rest_submission_port_is_closed(cluster: Project) -> None:
    connect = "import socket; socket.create_connection(('spark-master', 6066), timeout=5)"
    assert "ConnectionRefusedError" in cluster.call("exec", "-T", "recommendation", "python", "-c", connect).stderr


def test_who_does_not_know_the_secret_runs_nothing(cluster: Project) -> None:
    guess = cluster.call(
        "run",
        "--rm",
        "-T",
        "--no-deps",
        "-e",
        "IMAGEREC_SPARK_SECRET_FILE=/etc/hostname",
        "-e",
        "IMAGEREC_DATA=/tmp/mine",
        "acquisition",
    )
    assert guess.returncode == 1
    assert "spark://spark-master:7077 cannot be reached or refused us" in guess.stderr


def test_a_worker_killed_in_the_middle_of_a_stage_changes_nothing(cluster: Project, expected: Outcome) -> None:
    with project("killed", SPARK_MASTER=CLUSTER) as killed:
        cluster.do("stop")  # the master's page has one address
        killed.copy_sample(cluster)
        up = subprocess.Popen(
            killed.command("up", "--detach", *killed.scale()), cwd=ROOT, env=killed.environ, stderr=subprocess.DEVNULL
        )
        wait_for_the_first_labels(killed, up)
        killed.do("pause", "labeling")  # however fast the machine is, the driver is in the middle when the worker dies
        victim = killed.do("ps", "--quiet", "spark-worker").split()[0]
        subprocess.run(["docker", "kill", victim], check=True, capture_output=True)
        killed.do("unpause", "labeling")
        assert killed.inspect("labeling")["State"]["Running"]
        assert up.wait() == 0
        killed.do("wait", "recommendation-build")
        killed.wait_until_healthy()
        assert "Lost executor" in killed.logs("labeling")
        assert killed.outcome() == expected


def wait_for_the_first_labels(killed: Project, up: "subprocess.Popen[bytes]") -> None:
    """Look into the volume until some slices of labeling are written, but not published."""
    while up.poll() is None:
        there = killed.call("exec", "-T", "recommendation", "sh", "-c", COUNT_LABELS).stdout.strip()
        if there.isdigit() and int(there) > 0:
            return
    pytest.fail(f"the chain ended without labels: {json.dumps(killed.call('logs').stdout[-2000:])}")
