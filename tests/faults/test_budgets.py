"""What hosts see of downloads by real executors: never more requests than their budget, however many executors there are."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.storage import LocalStorage
from shared.tables.contracts import FETCHES
from tests.acquisition.fetching.hosts import Reply, picture, serving
from tests.commands import imagerec
from tests.rows import rows_of

pytestmark = pytest.mark.slow

HOSTS, PICTURES = 4, 60
REQUESTS_PER_S, WINDOW_S = 5, 10.0


@pytest.mark.parametrize("executors", [1, 2, 4])
def test_no_host_has_more_requests_in_any_window_than_its_budget(tmp_path: Path, executors: int) -> None:
    with ExitStack() as stack:
        hosts = [stack.enter_context(serving(f"127.0.0.{1 + number}")) for number in range(HOSTS)]
        for number, host in enumerate(hosts):
            host.default = (
                lambda asked, first=1000 * number: (  # type: ignore[misc]
                    Reply(picture(first + int(asked.path[1:]))) if asked.path[1:].isdigit() else Reply(status=404)
                )
            )
        lines = [f"{host.address}/{number},CC0" for number in range(PICTURES) for host in hosts]
        (tmp_path / "list.csv").write_text("\n".join(["url,license", *lines]))
        ended = imagerec(
            *("acquisition", "--source", tmp_path / "list.csv", "--data", tmp_path / "volume", "--allow-loopback"),
            *("--requests-per-s", str(REQUESTS_PER_S), "--master", f"local-cluster[{executors},1,1024]"),
        )
        assert ended.returncode == 0, ended.stderr
        for host in hosts:
            assert sorted(host.paths()) == sorted(f"/{number}" for number in range(PICTURES))
            assert host.most_in(WINDOW_S) <= REQUESTS_PER_S * WINDOW_S
            assert host.most_in(1.0) <= REQUESTS_PER_S
    outcomes = {row["outcome"] for row in rows_of(LocalStorage(tmp_path / "volume"), FETCHES)}
    assert outcomes == {"ok"}
