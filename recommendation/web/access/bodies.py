"""Bodies in JSON."""

import json
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from shared.errors import UsageError


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object that a request holds.

    Raises:
        HTTPException: 415, it does not say that it is JSON, which a page of another site cannot do unnoticed.
        UsageError: it is not a JSON object.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, f"expected application/json, got {kind[:80] or 'no content type'}")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"body: expected JSON, got: {error}") from error
    if not isinstance(body, dict):
        raise UsageError(f"body: expected a JSON object, got {str(body)[:80]}")
    return body


Body = Annotated[dict[str, Any], Depends(read_body)]
