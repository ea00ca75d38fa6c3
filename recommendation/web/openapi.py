"""The OpenAPI schema, without what FastAPI adds that is not so here."""

from typing import Any

from fastapi import FastAPI

from recommendation.web.forms import request_schema

#: FastAPI's own form of validation errors; ours all have one form.
NOT_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> None:
    """Let the app describe itself as it is."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        return adapted(make())

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way


def adapted(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with our request and without FastAPI's validation errors; changed in place, also a second time."""
    schemas = schema["components"]["schemas"]
    schemas["QueryRequest"] = request_schema()
    for name in NOT_OURS:
        schemas.pop(name, None)
    for operations in schema["paths"].values():
        for operation in operations.values():
            if NOT_OURS[0] in str(operation["responses"].get("422")):
                del operation["responses"]["422"]
    return schema
