"""A contract server for Unsplash, after https://unsplash.com/documentation and what its users report of errors."""

from typing import Any

from werkzeug import Request, Response

from tests.acquisition.sources.web.servers.photo_server import PhotoServer, to_json

KEY = "unsplash-test-key"
PREMIUM_EVERY = 10


class UnsplashServer(PhotoServer):
    """A search that finds `n` photos for anything but ``nothing``; the quota counts requests to the API."""

    def __init__(self, n: int = 125, quota: int = 50) -> None:
        super().__init__()
        self.n = n
        self.left = quota
        self.quota = quota
        self.fault = 0
        self.reported: list[str] = []

    def add_routes(self) -> None:
        self.route("/search/photos", self.search)
        self.route("/downloads/", self.download)

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request that is not allowed."""
        if request.headers.get("Authorization") != f"Client-ID {KEY}":
            return to_json({"errors": ["OAuth error: The access token is invalid"]}, 401)
        if self.left == 0:  # plain text, whatever Accept says
            return Response(
                "Rate Limit Exceeded", 403, {"X-Ratelimit-Limit": str(self.quota), "X-Ratelimit-Remaining": "0"}
            )
        self.left -= 1
        return to_json({"errors": ["Something went wrong"]}, self.fault) if self.fault else None

    def search(self, request: Request) -> Response:
        if (refused := self.refusal(request)) is not None:
            return refused
        query, page = request.args["query"], int(request.args.get("page", 1))
        per_page = min(30, int(request.args.get("per_page", 10)))
        n = 0 if query == "nothing" else self.n
        numbers = range((page - 1) * per_page, min(n, page * per_page))
        content = {"total": n, "total_pages": -(-n // per_page), "results": [self.entry(number) for number in numbers]}
        return to_json(
            content, headers={"X-Total": str(n), "X-Per-Page": str(per_page), "X-Ratelimit-Remaining": str(self.left)}
        )

    def entry(self, number: int) -> dict[str, Any]:
        """A photo as the API describes it; each tenth is of Unsplash+."""
        is_premium = number % PREMIUM_EVERY == PREMIUM_EVERY - 1
        url = f"{self.photo_url(number)}?ixid=search-{number}"
        urls = {"raw": url, "full": f"{url}&q=100", "regular": f"{url}&w=1080", "small": f"{url}&w=400"}
        if is_premium:
            urls["regular"] = f"https://plus.unsplash.com/premium_photo-{number}"
        return {
            "id": f"photo{number}",
            "width": 4000,
            "height": 3000,
            "description": None if number % 2 else f"Photo number {number}",
            "alt_description": f"a drawn rectangle {number}",
            "urls": urls,
            "links": {
                "html": f"https://unsplash.com/photos/photo{number}",
                "download_location": f"{self.address}/downloads/photo{number}?ixid=search-{number}",
            },
            "user": {
                "username": f"user{number % 7}",
                "name": f"Jane {number % 7}",
                "links": {"html": f"https://unsplash.com/@user{number % 7}"},
            },
            "tags": [{"type": "search", "title": "rectangle"}],
            **({"premium": True} if is_premium else {}),
        }

    def download(self, request: Request) -> Response:
        refused = self.refusal(request)
        if refused is None:
            self.reported.append(request.path)
        return refused if refused is not None else to_json({"url": request.url})
