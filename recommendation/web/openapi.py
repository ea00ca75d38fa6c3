"""The OpenAPI schema, with an example of each answer, and without what FastAPI adds that is not so here."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from recommendation.web.forms import request_schema

#: FastAPI's own form of validation errors; ours all have one form.
NOT_OURS = ("HTTPValidationError", "ValidationError")
#: Answers in JSON, by method and path.
EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
DONE = ("200", "201")


def describe(app: FastAPI) -> None:
    """Let the app describe itself as it is."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        return adapted(make())

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def adapted(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with our request and examples, without FastAPI's validation errors; changed in place, also a second time."""
    schemas = schema["components"]["schemas"]
    schemas["QueryRequest"] = request_schema()
    for name in NOT_OURS:
        schemas.pop(name, None)
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            add_example(operation, f"{method.upper()} {path}")
            if NOT_OURS[0] in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    return schema


def add_example(operation: dict[str, Any], name: str) -> None:
    """Add the example of an operation's answer."""
    if name in EXAMPLES:
        [done] = [operation["responses"][status] for status in DONE if status in operation["responses"]]
        done["content"]["application/json"]["example"] = EXAMPLES[name]
