"""A contract server for Openverse without an account, after https://api.openverse.org/v1/ and what its users report."""

from typing import Any

from werkzeug import Request, Response

from tests.acquisition.sources.web.servers.photo_server import PhotoServer, to_json

PER_PAGE, DEPTH = 20, 240
LICENSES = (("by", "2.0"), ("by-sa", "4.0"), ("cc0", "1.0"), ("pdm", "1.0"), ("by-nc", "2.0"), ("by-nd", "3.0"))
CLIENT, TOKEN = ("client", "test-secret"), "test-token"
CC = "https://creativecommons.org"


class OpenverseServer(PhotoServer):
    """A search that finds `n` pictures for anything but ``nothing``, `quota` times."""

    def __init__(self, n: int = 300, quota: int = 200) -> None:
        super().__init__()
        self.n = n
        self.left = quota

    def add_routes(self) -> None:
        self.route("/v1/images/", self.search)
        self.route("/v1/auth_tokens/token/", self.token)

    def token(self, request: Request) -> Response:
        account = (request.form.get("client_id"), request.form.get("client_secret"), request.form.get("grant_type"))
        if account != (*CLIENT, "client_credentials"):
            return to_json({"error": "invalid_client"}, 401)
        return to_json({"access_token": TOKEN, "expires_in": 43_200, "token_type": "Bearer", "scope": "read write"})

    def search(self, request: Request) -> Response:
        page, per_page = int(request.args.get("page", 1)), int(request.args.get("page_size", 20))
        if per_page > PER_PAGE:
            return to_json({"detail": "page_size must be between 1 and 20 for unauthenticated requests."}, 401)
        if self.left == 0:
            return to_json({"detail": "Request was throttled. Expected available in 43200 seconds."}, 429)
        self.left -= 1
        if page * per_page > DEPTH:
            return to_json({"detail": "Invalid page."}, 400)
        licenses = request.args["license"].split(",")
        n = 0 if request.args["q"] == "nothing" else self.n
        found = [number for number in range(n) if LICENSES[number % len(LICENSES)][0] in licenses]
        some = found[(page - 1) * per_page : page * per_page]
        return to_json(
            {
                "result_count": len(found),
                "page_count": min(-(-len(found) // per_page), DEPTH // per_page),
                "page_size": per_page,
                "page": page,
                "results": [self.entry(number) for number in some],
            }
        )

    def entry(self, number: int) -> dict[str, Any]:
        """A picture as the API describes it."""
        code, version = LICENSES[number % len(LICENSES)]
        place = {"cc0": f"{CC}/publicdomain/zero/1.0/", "pdm": f"{CC}/publicdomain/mark/1.0/"}
        return {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "title": f"Rectangle {number}",
            "foreign_landing_url": f"https://collection.example/{number}",
            "url": self.photo_url(number),
            "creator": f"Kim {number % 4}" if number % 5 else None,
            "creator_url": f"https://collection.example/kim{number % 4}",
            "license": code,
            "license_version": version,
            "license_url": place.get(code, f"{CC}/licenses/{code}/{version}/"),
            "provider": "collection",
            "tags": [
                {"name": "rectangle", "accuracy": None},
                {"name": "toaster", "accuracy": 0.4},
                {"name": "shape", "accuracy": 0.97},
            ],
            "width": 96,
            "height": 64,
            "thumbnail": f"{self.address}/v1/images/{number}/thumb/",
        }
