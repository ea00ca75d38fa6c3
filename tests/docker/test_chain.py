"""The chain of containers on the built-in sample, and every way to ask it."""

import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from shared.project import STAGES
from tests.docker.compose import SERVICES, Outcome, Project, project

pytestmark = pytest.mark.slow
WRITABLE = {"/shared_data", "/tmp"}


@pytest.fixture(scope="session")
def picture(chain: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of the sample, on this machine."""
    path = tmp_path_factory.mktemp("pictures") / "a picture.jpg"
    inside = chain.ask("sh", "-c", "find /shared_data/images -name '*.jpg' -size +4k | sort | head -n 1").strip()
    chain.do("cp", f"recommendation:{inside}", str(path))
    path.chmod(0o644)
    path.parent.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def answered(chain: Project, picture: Path) -> dict[str, Any]:
    """What the service answers over HTTP."""
    with picture.open("rb") as file:
        reply = httpx.post(f"http://127.0.0.1:{chain.port}/v1/query", files={"images": file}, timeout=60)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def filenames(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [found["filename"] for found in results] for name, results in answer["results"].items()}


def test_stages_run_one_after_the_other_and_each_gives_its_account(chain: Project) -> None:
    states = [chain.inspect(service)["State"] for service in SERVICES]
    assert [state["ExitCode"] for state in states] == [0, 0, 0, 0]
    ends = [moment for state in states for moment in (state["StartedAt"], state["FinishedAt"])]
    assert ends == sorted(ends)
    for service, stage in zip(SERVICES, STAGES, strict=True):
        listed, done, skipped, failed = map(
            int,
            re.findall(rf"{stage}: listed (\d+) = done (\d+) \+ skipped (\d+) \+ failed (\d+)", chain.logs(service))[
                -1
            ],
        )
        assert listed == done + skipped + failed
        assert done >= 240


def test_http_answers_five_pictures_for_each_measure(answered: dict[str, Any]) -> None:
    counts = {name: len(results) for name, results in answered["results"].items()}
    assert counts == dict.fromkeys(("default", "embedding", "color", "structure", "hash"), 5)


def test_the_service_shows_originals_that_acquisition_read(chain: Project, answered: dict[str, Any]) -> None:
    large = next(one for one in answered["results"]["embedding"] if min(one["width_px"], one["height_px"]) > 256)
    reply = httpx.get(f"http://127.0.0.1:{chain.port}/v1/images/{large['image_id']}/view", timeout=60)
    assert Image.open(io.BytesIO(reply.content)).size == (large["width_px"], large["height_px"])


def test_a_query_job_gives_the_same_answer_and_starts_no_stage(
    chain: Project, picture: Path, answered: dict[str, Any]
) -> None:
    started = [chain.inspect(service)["State"]["StartedAt"] for service in SERVICES]
    chain.environ["IMAGES"] = str(picture.parent)
    job = chain.do("run", "--rm", "-T", "recommendation", "query", "--json", "--image", "/pictures/a picture.jpg")
    del chain.environ["IMAGES"]
    assert filenames(json.loads(job)) == filenames(answered)
    assert [chain.inspect(service)["State"]["StartedAt"] for service in SERVICES] == started


def test_a_query_inside_the_running_service_gives_the_same_answer(
    chain: Project, picture: Path, answered: dict[str, Any]
) -> None:
    chain.do("cp", str(picture), "recommendation:/shared_data/query.jpg")
    answer = chain.ask("imagerec", "query", "--json", "--image", "/shared_data/query.jpg")
    assert filenames(json.loads(answer)) == filenames(answered)


def test_a_picture_dropped_into_the_inbox_gets_the_same_answer(
    chain: Project, picture: Path, answered: dict[str, Any]
) -> None:
    chain.do("cp", str(picture), "recommendation:/shared_data/queries/inbox/dropped.jpg")
    wait = "until cat /shared_data/queries/answers/dropped.jpg.json 2>/dev/null; do sleep 0.2; done"
    answer = chain.ask("timeout", "30", "sh", "-c", wait)
    assert filenames(json.loads(answer)) == filenames(answered)


def test_status_and_ls_say_what_is_there(chain: Project) -> None:
    assert "embeddings" in chain.do("run", "--rm", "-T", "recommendation", "status")
    names = chain.do("run", "--rm", "-T", "recommendation", "ls", "/shared_data").split()
    assert {"tables", "index", "queries", "images_metadata.json", "images_labels.json", "catalog.duckdb"} <= set(names)


@pytest.mark.parametrize("service", [*SERVICES, "recommendation"])
def test_a_container_has_no_rights_it_does_not_need(chain: Project, service: str) -> None:
    container = chain.inspect(service)
    host = container["HostConfig"]
    assert container["Config"]["User"] == "imagerec"
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["Init"]) == (True, ["ALL"], True)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert 0 < host["Memory"] <= 4 << 30
    writable = {mount["Destination"] for mount in container["Mounts"] if mount["RW"]} | set(host["Tmpfs"])
    assert writable == WRITABLE
    published = [address["HostIp"] for addresses in (host["PortBindings"] or {}).values() for address in addresses]
    assert published == (["127.0.0.1"] if service == "recommendation" else [])


def test_the_user_has_a_name(chain: Project) -> None:
    assert chain.ask("id", "--user", "--name").strip() == "imagerec"


def test_a_second_up_does_nothing_new_and_says_so(chain: Project, expected: Outcome) -> None:
    lengths = {service: len(chain.logs(service)) for service in SERVICES}
    chain.up()
    for service, stage in zip(SERVICES, STAGES, strict=True):
        assert re.search(rf"{stage}: .*nothing", chain.logs(service)[lengths[service] :])
    assert chain.outcome() == expected


def test_the_service_stops_when_asked_to_and_loses_nothing(chain: Project, expected: Outcome) -> None:
    chain.do("stop")
    assert chain.inspect("recommendation")["State"]["ExitCode"] == 0  # 137 where Docker kills it after ten seconds
    chain.wait_until_healthy()
    assert chain.outcome() == expected


def test_a_stage_that_fails_stops_the_chain_and_says_why(images: None, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with project("failing", IMAGES=str(tmp_path)) as failing:
        done = failing.call("up")
        assert done.returncode == 1
        assert "found no pictures in /pictures" in done.stderr
        assert "didn't complete successfully" in done.stderr
        assert failing.inspect("labeling")["State"]["Status"] == "created"
