"""The HTTP interface does what its OpenAPI schema says, whatever it is asked; and a service does not grow under load."""

import os
from typing import Any

import httpx
import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.browser.conftest import Visit, Web, wait_answers

pytestmark = [pytest.mark.slow, pytest.mark.spark]

EXAMPLES = 30  # of each operation
#: Page loads of the soak; `IMAGEREC_TEST_LOADS=2000` for a long one.
LOADS = int(os.environ.get("IMAGEREC_TEST_LOADS", "400"))
GROWTH_BYTES = 48 << 20
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance)


def check_operation(operation: Any) -> None:
    """Fail where an answer to some request that the schema allows is not as the schema says."""

    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    check()


def test_every_answer_is_as_the_schema_says(web: Web, subtests: pytest.Subtests) -> None:
    schema: Any = schemathesis.openapi.from_url(f"{web.url}/openapi.json")
    for operation in (found.ok() for found in schema.get_all_operations()):
        with subtests.test(operation.label):
            check_operation(operation)
    for job in httpx.get(f"{web.url}/v1/jobs").json()["jobs"]:  # that the requests made
        httpx.delete(f"{web.url}/v1/jobs/{job['job_id']}")


def test_every_operation_that_is_answered_with_json_has_a_summary_and_errors_of_one_form(web: Web) -> None:
    schema = httpx.get(f"{web.url}/openapi.json").json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            for status, response in operation["responses"].items():
                if status >= "400":
                    content = response["content"]["application/json"]["schema"]
                    assert content["$ref"].endswith("/ErrorAnswer"), (method, path, status)


def test_many_page_loads_with_searches_leave_the_memory_flat(web: Web, visit: Visit) -> None:
    with httpx.Client(base_url=web.url, timeout=60) as client:
        ids = [one["image_id"] for one in client.get("/v1/images", params={"limit": 50}).json()["images"]]

        def load(number: int) -> None:
            image_id = ids[number % len(ids)]
            for path in ("/", f"/v1/images/{image_id}/thumbnail?size=192", "/v1/facets?where=orientation%3Dlandscape"):
                assert client.get(path).status_code == 200
            assert client.post("/v1/query", data={"id": image_id, "top_k": 50, "measure": "default"}).status_code == 200

        process = psutil.Process(os.getpid())
        for number in range(LOADS // 4):
            load(number)
        before = process.memory_info().rss
        for number in range(LOADS * 3 // 4):
            load(number)
        assert process.memory_info().rss - before < GROWTH_BYTES
    page = visit(f"/?id={ids[0]}").page
    wait_answers(page)
