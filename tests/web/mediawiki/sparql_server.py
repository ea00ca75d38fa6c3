"""A SPARQL endpoint on loopback for tests: pyoxigraph answers, and faults of public endpoints are played on request."""

from collections.abc import Iterable

import pyoxigraph
from werkzeug import Request, Response

from tests.acquisition.sources.web.servers.photo_server import QuickServer

WDT, WD = "http://www.wikidata.org/prop/direct/", "http://www.wikidata.org/entity/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
PREFIXES = f"PREFIX wdt: <{WDT}> PREFIX wd: <{WD}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
#: What the public endpoint answers to a query that takes more than a minute.
TIMEOUT_ANSWER = "SPARQL-QUERY: queryStr=SELECT\njava.util.concurrent.TimeoutException\n\tat java.base/java.util.concurrent.FutureTask.get"


class SparqlServer:
    """An endpoint. Use it in a ``with`` statement; `faults` are played one a request: ``timeout``, ``cut``, ``busy``."""

    def __init__(self) -> None:
        self.http = QuickServer(host="127.0.0.1", port=0)
        self.store = pyoxigraph.Store()
        self.faults: list[str] = []
        self.n_asked = 0

    def __enter__(self) -> "SparqlServer":
        self.http.start()
        self.http.expect_request("/sparql").respond_with_handler(self.answer)
        return self

    def __exit__(self, *_: object) -> None:
        self.http.stop()

    @property
    def address(self) -> str:
        """Where it is."""
        return self.http.url_for("/sparql")

    def add_pictures(self, parent: str, names: Iterable[str]) -> None:
        """Items of a class below a parent class, each with a picture and a label."""
        kind = pyoxigraph.NamedNode(f"{WD}Q1000")
        self._add(kind, f"{WDT}P279", pyoxigraph.NamedNode(f"{WD}{parent}"))
        for number, name in enumerate(names):
            item = pyoxigraph.NamedNode(f"{WD}Q{2000 + number}")
            address = f"http://commons.wikimedia.org/wiki/Special:FilePath/{name.replace(' ', '%20')}"
            self._add(item, f"{WDT}P31", kind)
            self._add(item, f"{WDT}P18", pyoxigraph.NamedNode(address))
            self._add(item, LABEL, pyoxigraph.Literal(f"thing {number}", language="en"))

    def _add(
        self, subject: pyoxigraph.NamedNode, predicate: str, value: pyoxigraph.NamedNode | pyoxigraph.Literal
    ) -> None:
        self.store.add(pyoxigraph.Quad(subject, pyoxigraph.NamedNode(predicate), value))

    def answer(self, request: Request) -> Response:
        self.n_asked += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "timeout":
            return Response(TIMEOUT_ANSWER, 500)
        if fault == "busy":
            return Response("Rate limit exceeded", 429, {"Retry-After": "1"})
        try:
            found = self.store.query(PREFIXES + request.form["query"])
        except SyntaxError as error:
            return Response(f"MalformedQueryException: {error}", 400)
        assert isinstance(found, pyoxigraph.QuerySolutions)
        body = found.serialize(format=pyoxigraph.QueryResultsFormat.JSON) or b""
        return Response(
            body[: len(body) // 2] if fault == "cut" else body, content_type="application/sparql-results+json"
        )
