"""A contract server for Flickr, after https://www.flickr.com/services/api/ and what its users report of limits."""

from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from tests.acquisition.sources.web.servers.photo_server import PhotoServer, to_json

KEY = "flickr-test-key"
FIRST_UPLOAD, STEP_S = 1_300_000_000, 40_000
#: Of one query no more photos are answered; behind them they come again.
MOST = 4_000
LICENSES: tuple[int, ...] = (*range(1, 7), 9, 10, 11, 12, 17)
PRIVATE_EVERY, DELETED_EVERY = 50, 51
UNAVAILABLE = bytes.fromhex("47494638396101000100800000ffffff00000021f90400000000002c00000000010001000002024401003b")


class FlickrServer(PhotoServer):
    """A search that finds `n` photos, one every `STEP_S` seconds; `is_busy` counts answers of a service that is not there."""

    def __init__(self, n: int = 130) -> None:
        super().__init__()
        self.n = n
        self.n_busy = 0

    def add_routes(self) -> None:
        self.route("/services/rest/", self.call)
        self.route(
            r"/deleted/\d+\.jpg",
            lambda _: Response(status=302, headers={"Location": "/images/photo_unavailable_l.gif"}),
        )
        self.route("/images/photo_unavailable_l.gif", lambda _: Response(UNAVAILABLE, content_type="image/gif"))
        self.route(r"/private/\d+\.jpg", lambda _: Response("Forbidden", 403))

    def call(self, request: Request) -> Response:
        asked = request.args
        if asked.get("api_key") != KEY:
            return failure(100, "Invalid API Key (Key has invalid format)")
        if self.n_busy:
            self.n_busy -= 1
            return failure(105, "Service currently unavailable")
        if not (asked.get("text") or asked.get("tags")):
            return failure(3, "Parameterless searches have been disabled. Please use flickr.photos.getRecent instead.")
        return to_json({"photos": self.search(asked.to_dict()), "stat": "ok"})

    def search(self, asked: dict[str, str]) -> dict[str, Any]:
        page, per_page = int(asked.get("page", 1)), min(500, int(asked.get("per_page", 100)))
        start, end = int(asked["min_upload_date"]), int(asked["max_upload_date"])
        licenses = set(asked["license"].split(","))
        n = 0 if "nothing" in (asked.get("text"), asked.get("tags")) else self.n
        found = [
            one for one in reversed(range(n)) if start <= uploaded(one) <= end and str(license_of(one)) in licenses
        ]
        reachable = found[:MOST] or found
        first = (page - 1) * per_page
        numbers = [reachable[place % len(reachable)] for place in range(first, min(first + per_page, len(found)))]
        if reachable and page > -(-len(found) // per_page):
            numbers = reachable[:per_page]  # behind the last page the first comes again
        pages = -(-len(found) // per_page)
        return {
            "page": page,
            "pages": pages,
            "perpage": per_page,
            "total": len(found),
            "photo": [*map(self.entry, numbers)],
        }

    def entry(self, number: int) -> dict[str, Any]:
        """A photo as the API describes it; the original is there for some."""
        folder = "deleted" if number % DELETED_EVERY == 7 else "private" if number % PRIVATE_EVERY == 3 else "photos"
        url = f"{self.address}/{folder}/{number}.jpg"
        sizes = {"n": 320, "z": 640, "c": 800, "l": 1024, **({"o": 4000} if number % 3 == 0 else {})}
        return {
            "id": str(5_000_000 + number),
            "owner": f"{number % 9}@N00",
            "secret": "a",
            "server": "1",
            "farm": 1,
            "title": f"Drawn &amp; rectangle {number}",
            "license": str(license_of(number)),
            "ownername": f"Ann {number % 9}",
            "path_alias": f"ann{number % 9}" if number % 2 else None,
            "datetaken": datetime.fromtimestamp(uploaded(number), UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "datetakenunknown": 1 if number % 4 == 0 else "0",
            "tags": "drawn rectangle",
            "description": {"_content": "A <b>drawn</b> one"},
            **{f"url_{size}": url for size in sizes},
            **{f"width_{size}": width for size, width in sizes.items()},
            **{f"height_{size}": width * 2 // 3 for size, width in sizes.items()},
        }


def uploaded(number: int) -> int:
    """When a photo was uploaded, s since 1970."""
    return FIRST_UPLOAD + number * STEP_S


def license_of(number: int) -> int:
    """A photo's licence; 17 is one that came after the table was written."""
    return LICENSES[number % len(LICENSES)]


def failure(code: int, message: str) -> Response:
    """An error, which comes with status 200."""
    return to_json({"stat": "fail", "code": code, "message": message})
