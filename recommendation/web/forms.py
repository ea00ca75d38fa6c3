"""A query as a form: its body and its address as one request, and its OpenAPI description."""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from fastapi import HTTPException, Request
from pydantic import TypeAdapter
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, QueryParams, UploadFile

from recommendation.search.meaning import TEXTS
from recommendation.search.request import KEYS, Options, QueryRequest, expectation, parse_request, types
from recommendation.search.weights import DECIMAL
from recommendation.web.middleware import limited
from shared.errors import UsageError

log = logging.getLogger("recommendation")

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
CHARSETS = ("utf-8", "utf8", "us-ascii")
#: A form without files holds a few short fields; parsing it costs time by the byte, on the event loop.
MAX_URLENCODED_BYTES = 64 << 10
MAX_FILES, MAX_FIELDS, MAX_FIELD_BYTES = 16, 64, 16 << 10
IMAGES, UNLIKE = FILES = "images", "unlike"
IN_ADDRESS = tuple(name for name in KEYS if name not in FILES)
WHOLE_NUMBER = re.compile(r"[+-]?\d{1,9}")
UNNAMED = "upload"


class Files(NamedTuple):
    """The files of a query: its pictures, and the negative examples."""

    images: list[UploadFile]
    unlike: list[UploadFile]


async def read_form(request: Request) -> FormData:
    """The form in a request's body, empty where there is no body; the caller closes its files.

    Raises:
        HTTPException: 400, it is no form, or one with too many fields; 413, it is too long; 507, there is no room for it.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    check_kind(kind.decode("latin-1").lower(), parameters)
    if kind.lower() == FORMS[1].encode():
        request = Request(request.scope, limited(request.receive, MAX_URLENCODED_BYTES))
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    except OSError as error:
        log.error("507: an upload cannot be stored: %s", error)
        raise HTTPException(507, "there is no room for this upload; try again later") from error
    return form


def check_kind(kind: str, parameters: Mapping[bytes, bytes]) -> None:
    """Do nothing for a form in UTF-8, or no body; errors as `read_form`."""
    if kind and kind not in FORMS:
        raise HTTPException(400, f"expected a form ({' or '.join(FORMS)}), got {kind[:80]}")
    charset = parameters.get(b"charset", b"utf-8").decode("latin-1").lower()
    if charset not in CHARSETS:
        raise HTTPException(400, f"expected a form in UTF-8, got charset {charset[:80]!r}")


def check_texts(form: FormData) -> None:
    """Do nothing for a form whose names and values are Unicode text; errors as `read_form`."""
    for name, value in form.multi_items():
        text = name + (value if isinstance(value, str) else value.filename or "")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise HTTPException(400, f"{ascii(name)[:80]}: expected text in UTF-8, got lone surrogates")


def read_query(form: FormData, address: QueryParams, defaults: Options) -> tuple[QueryRequest, Files]:
    """The query of a form, every option of it checked, and its files, not read yet.

    Raises:
        HTTPException: 400, it has a name that no query has.
        UsageError: a field is not what it may be.
    """
    check_texts(form)
    check_names("form", KEYS, form)
    check_names("address", IN_ADDRESS, address)
    files = Files(files_of(form, IMAGES), files_of(form, UNLIKE))
    names = {name: [file.filename or UNNAMED for file in some] for name, some in files._asdict().items()}
    fields = {name: [*address.getlist(name), *form.getlist(name)] for name in IN_ADDRESS}
    return parse_request({**names, **json_fields(fields)}, defaults), files


def check_names(where: str, known: Iterable[str], given: Iterable[str]) -> None:
    """Do nothing if every name is one that a query has; errors as `read_query`."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise HTTPException(400, f"expected in the {where} some of {', '.join(known)}; got {', '.join(unknown)[:80]}")


def files_of(form: FormData, name: str) -> list[UploadFile]:
    """The files in a field; errors as `read_query`."""
    values = form.getlist(name)
    if texts := [value for value in values if isinstance(value, str)]:
        raise UsageError(f"{name}: expected picture files, got {texts[0][:80]!r}")
    return [value for value in values if isinstance(value, UploadFile)]


def json_fields(fields: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Form fields as the values they have in JSON; an empty one counts as missing; errors as `read_query`."""
    hints, found = types(), {}
    for name, values in fields.items():
        if any(isinstance(value, UploadFile) for value in values):
            raise UsageError(f"{name}: expected {expectation(hints[name])}, got a file")
        texts = [value for value in values if value]
        if texts:
            found[name] = texts if hints[name] == TEXTS else json_value(hints[name], texts[-1])
    return found


def json_value(hint: Any, text: str) -> int | float | bool | str:
    """A text as a number or truth value where its field is one and it can be."""
    if hint is bool:
        return {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower(), text
        )
    if hint is float and DECIMAL.fullmatch(text):
        return float(text)
    return int(text) if hint is int and WHOLE_NUMBER.fullmatch(text) else text


def form_description() -> dict[str, Any]:
    """The OpenAPI description of a query as a form: a field for each one of `QueryRequest`."""
    schema = request_schema()
    properties = schema["properties"]
    binary = {"type": "array", "items": {"type": "string", "format": "binary"}}
    files = {name: {**binary, **chosen(properties[name], ("maxItems", "description"))} for name in FILES}
    parameters = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": one["description"],
            "schema": without_default(one),
        }
        for name, one in properties.items()
        if name not in FILES
    ]
    as_file = {**properties, **files}
    forms = {FORMS[0]: as_file, FORMS[1]: {name: properties[name] for name in IN_ADDRESS}}
    content = {
        kind: {"schema": {"type": "object", "properties": fields, "additionalProperties": False}}
        for kind, fields in forms.items()
    }
    return {"parameters": parameters, "requestBody": {"content": content}}


def request_schema() -> dict[str, Any]:
    """JSON schema of a request as the inbox and batches take it."""
    return {**TypeAdapter(QueryRequest).json_schema(), "additionalProperties": False}


def without_default(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A field's schema without its default, which is the service's settings'."""
    return {name: value for name, value in schema.items() if name not in {"default", "title"}}


def chosen(schema: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Some parts of a field's schema."""
    return {name: schema[name] for name in names}
