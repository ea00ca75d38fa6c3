"""A contract server for Pexels, after https://www.pexels.com/api/documentation/."""

from typing import Any

from werkzeug import Request, Response

from tests.acquisition.sources.web.servers.photo_server import PhotoServer, to_json

KEY = "pexels-test-key"
RESET = 1_900_000_000  # 17 March 2030, 17:46 UTC


class PexelsServer(PhotoServer):
    """A search that finds `n` photos for anything but ``nothing``; headers about the quota come with good answers only."""

    def __init__(self, n: int = 170, quota: int = 200) -> None:
        super().__init__()
        self.n = n
        self.left = quota

    def add_routes(self) -> None:
        self.route("/v1/search", self.search)

    def search(self, request: Request) -> Response:
        if request.headers.get("Authorization") != KEY:
            return to_json({"error": "The API key is missing or invalid"}, 401)
        if self.left == 0:
            return to_json({"status": 429, "code": "Too Many Requests"}, 429)
        self.left -= 1
        page, per_page = int(request.args.get("page", 1)), min(80, int(request.args.get("per_page", 15)))
        n = 0 if request.args["query"] == "nothing" else self.n
        numbers = range((page - 1) * per_page, min(n, page * per_page))
        content: dict[str, Any] = {"total_results": n, "page": page, "per_page": per_page}
        content["photos"] = [self.entry(number) for number in numbers]
        if page * per_page < n:
            content["next_page"] = f"{self.address}/v1/search?page={page + 1}"
        quota = {"X-Ratelimit-Limit": "20000", "X-Ratelimit-Remaining": str(self.left), "X-Ratelimit-Reset": str(RESET)}
        return to_json(content, headers=quota)

    def entry(self, number: int) -> dict[str, Any]:
        """A photo as the API describes it."""
        url = self.photo_url(number)
        return {
            "id": 1000 + number,
            "width": 6000,
            "height": 4000,
            "url": f"https://www.pexels.com/photo/drawn-{1000 + number}/",
            "photographer": f"Joe {number % 5}",
            "photographer_url": f"https://www.pexels.com/@joe{number % 5}",
            "avg_color": "#978E82",
            "alt": f"Drawn rectangle {number}",
            "src": {
                "original": url,
                "large2x": f"{url}?auto=compress&dpr=2&h=650&w=940",
                "large": f"{url}?auto=compress&h=650&w=940",
                "medium": f"{url}?auto=compress&h=350",
            },
        }
