"""What all contract servers share: real sockets, drawn photos, and a list of what was asked."""

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from PIL import Image, ImageDraw
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


class Asked(NamedTuple):
    """A request that was answered."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


class QuickServer(HTTPServer):
    """A server that stops at once."""

    def thread_target(self) -> None:
        assert self.server is not None
        self.server.serve_forever(poll_interval=0.01)


def draw(number: int) -> bytes:
    """A small photo that no other number has."""
    picture = Image.new("RGB", (96, 64), (number * 37 % 256, number * 91 % 256, number * 151 % 256))
    pen = ImageDraw.Draw(picture)
    pen.rectangle(
        (number % 60, number // 60 % 40, number % 60 + 20, number // 60 % 40 + 16), fill=(255 - number % 256, 40, 90)
    )
    pen.text((4, 48), str(number), fill="white")
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=85)
    return sink.getvalue()


class PhotoServer:
    """A server of an API and of its photos, on loopback.

    Use it in a ``with`` statement; subclasses add routes in `add_routes`.
    """

    def __init__(self) -> None:
        self.http = QuickServer(host="127.0.0.1", port=0)
        self.asked: list[Asked] = []

    def __enter__(self) -> Self:
        self.http.start()
        self.route(r"/photos/\d+\.jpg", self.photo)
        self.route(r"/robots\.txt|/\.well-known/", lambda _: Response(status=404))
        self.add_routes()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.stop()

    def add_routes(self) -> None:
        """Add the API's routes."""

    def route(self, path: str, answer: Callable[[Request], Response]) -> None:
        """Answer what is asked at paths that match a pattern."""

        def record(request: Request) -> Response:
            self.asked.append(Asked(request.path, request.args.to_dict(), dict(request.headers)))
            return answer(request)

        self.http.expect_request(re.compile(path)).respond_with_handler(record)

    @property
    def address(self) -> str:
        """Where it is, without a slash at the end."""
        return self.http.url_for("").rstrip("/")

    def photo_url(self, number: int) -> str:
        """Where a photo is."""
        return f"{self.address}/photos/{number}.jpg"

    def photo(self, request: Request) -> Response:
        """A photo."""
        number = int(request.path.rpartition("/")[2].removesuffix(".jpg"))
        return Response(draw(number), content_type="image/jpeg")

    def asked_at(self, path: str) -> list[Asked]:
        """What was asked at paths that begin so."""
        return [one for one in self.asked if one.path.startswith(path)]


def to_json(content: Any, status: int = 200, headers: Mapping[str, str] = {}) -> Response:
    """An answer in JSON."""
    return Response(json.dumps(content), status, dict(headers), content_type="application/json")
