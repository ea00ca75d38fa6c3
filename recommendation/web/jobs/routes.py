"""`/v1/jobs`: make a job of many queries, watch it, take its answers."""

import json
from collections.abc import Iterator
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from recommendation.search.request import default_options, parse_request
from recommendation.settings import ServeSettings
from recommendation.web.access.writers import check_writer
from recommendation.web.error_handlers import errors
from recommendation.web.forms import MAX_FIELD_BYTES
from recommendation.web.jobs.store import MOST_REQUESTS, Job, Jobs, Picture, texts
from recommendation.web.locations import hide_folders
from shared.errors import UsageError

IMAGES, QUERIES, USER = "images", "queries", "user_id"
MAX_QUERIES_BYTES = 4 << 20
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        IMAGES: {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "pictures; each that no query names is a query of its own",
                        },
                        QUERIES: {
                            "type": "string",
                            "format": "binary",
                            "description": "JSON lines: a request as in the inbox each, whose `images` are names of the pictures",
                        },
                        USER: {"type": "string", "description": "who asks"},
                    },
                }
            }
        },
    }
}


def job_routes(jobs: Jobs, settings: ServeSettings) -> APIRouter:
    """All routes about query jobs."""
    router = APIRouter(prefix="/v1/jobs")
    add_reading(router, jobs, settings)

    @router.post(
        "",
        status_code=201,
        responses=errors(400, 401, 403, 413, 422, 503, 507),
        openapi_extra=BODY,
        summary="Make a job of many queries, which is answered in the background",
    )
    async def create(request: Request) -> JSONResponse:
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise HTTPException(400, "expected a form (multipart/form-data) with pictures, queries or both")
        form = await request.form(max_files=MOST_REQUESTS + 1, max_fields=8, max_part_size=MAX_FIELD_BYTES)
        try:
            user = check_writer(request, str(form[USER])) if form.get(USER) else request.state.person or ""
            job = await to_thread.run_sync(make_job, jobs, form, settings, user)
        finally:
            await form.close()
        return JSONResponse(described(jobs, job), 201)

    @router.delete(
        "/{job_id}", responses=errors(400, 401, 403, 404), summary="Delete a job, its pictures and its answers"
    )
    def delete(job_id: str) -> JSONResponse:
        if not jobs.delete(job_id):
            raise not_found(job_id)
        return JSONResponse({"job_id": job_id, "deleted": True})

    return router


def add_reading(router: APIRouter, jobs: Jobs, settings: ServeSettings) -> None:
    """Add the routes that only read."""

    @router.get("", responses=errors(400, 503), summary="All jobs, the newest first")
    def listing() -> JSONResponse:
        return JSONResponse({"jobs": [described(jobs, one) for one in jobs.all()]})

    @router.get("/{job_id}", responses=errors(400, 404), summary="How far a job is")
    def one(job_id: str) -> JSONResponse:
        return JSONResponse(described(jobs, found(jobs, job_id)))

    @router.get(
        "/{job_id}/answers",
        response_class=Response,
        responses={200: {"content": {"application/x-ndjson": {}}}, **errors(400, 404)},
        summary="The answers that a job has so far, as JSON lines in the order of its queries",
    )
    def answers(job_id: str) -> StreamingResponse:
        job = found(jobs, job_id)
        headers = {"content-disposition": f'attachment; filename="{job_id}.jsonl"', "cache-control": "no-store"}
        return StreamingResponse(lines(jobs, job, settings), media_type="application/x-ndjson", headers=headers)


def lines(jobs: Jobs, job: Job, settings: ServeSettings) -> Iterator[bytes]:
    """The answers of a job as JSON lines, without folders of the host unless the settings include them."""
    for answer in jobs.answers(job):
        is_whole = settings.show_locations or "error" in answer
        content: dict[str, Any] = answer if is_whole else dict(hide_folders(answer))  # type: ignore[arg-type] # an Answer with a name
        yield json.dumps(content, ensure_ascii=False).encode() + b"\n"


def make_job(jobs: Jobs, form: FormData, settings: ServeSettings, user: str) -> Job:
    """Store the job of a form.

    Raises:
        UsageError: it has nothing to ask, another field, or a query that cannot be answered as it stands.
    """
    unknown = sorted(set(form) - {IMAGES, QUERIES, USER})
    if unknown:
        raise UsageError(f"form: expected the fields {IMAGES}, {QUERIES} and {USER}, got {', '.join(unknown)[:80]}")
    files = [one for one in form.getlist(IMAGES) if isinstance(one, UploadFile)]
    names = [one.filename or f"picture {number}" for number, one in enumerate(files, 1)]
    if len(set(names)) < len(names):
        raise UsageError(f"{IMAGES}: expected pictures of different names")
    pictures = [Picture(name, file.file) for name, file in zip(names, files, strict=True)]
    return jobs.create(pictures, read_queries(form, settings), user)


def read_queries(form: FormData, settings: ServeSettings) -> list[dict[str, Any]]:
    """The requests of the JSON lines in a form, each of them checked; errors as `make_job`."""
    given = form.get(QUERIES)
    if given is None:
        return []
    data = given.file.read(MAX_QUERIES_BYTES + 1) if isinstance(given, UploadFile) else given.encode("utf-8", "replace")
    if len(data) > MAX_QUERIES_BYTES:
        raise UsageError(f"{QUERIES}: expected at most {MAX_QUERIES_BYTES >> 20} MiB")
    return [read_line(number, line, settings) for number, line in enumerate(data.splitlines(), 1) if line.strip()]


def read_line(number: int, line: bytes, settings: ServeSettings) -> dict[str, Any]:
    """One request; errors as `make_job`."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{QUERIES}, line {number}: expected a JSON object ({error})") from error
    if not isinstance(request, dict):
        raise UsageError(f"{QUERIES}, line {number}: expected a JSON object")
    is_whole = texts(request.get("images")) or texts(request.get("id"))
    try:
        parse_request(request if is_whole else {**request, "images": ["any"]}, default_options(settings))
    except UsageError as error:
        raise UsageError(f"{QUERIES}, line {number}: {error}") from error
    return request


def described(jobs: Jobs, job: Job) -> dict[str, Any]:
    """A job as it is answered."""
    answered = jobs.answered(job)
    state = "done" if answered == len(job.names) else "working" if answered else "waiting"
    facts = {"job_id": job.job_id, "state": state, "queries": len(job.names), "answered": answered}
    return {**facts, "created": job.created, "expires": job.expires, "user_id": job.user_id, "names": job.names[:20]}


def found(jobs: Jobs, job_id: str) -> Job:
    """A job; 404 where there is none."""
    job = jobs.find(job_id)
    if job is None:
        raise not_found(job_id)
    return job


def not_found(job_id: str) -> HTTPException:
    """The error of a job that is not there."""
    return HTTPException(
        404, f"expected the id of a job of /v1/jobs, got {job_id[:80]!r}; jobs are deleted when they expire"
    )
