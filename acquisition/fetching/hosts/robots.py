"""What a host's robots.txt says to this program. Source: RFC 9309."""

from typing import NamedTuple

from protego import Protego

from acquisition.fetching.hosts.opt_outs import AGENT_NAME, is_tdm_reserved, tdm_rules

ROBOTS_FILE = "/robots.txt"
#: The longest pause; rules are asked for anew after it.
LONGEST_PAUSE_S = 24 * 3600.0
#: Encodings by the mark that the file begins with.
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class HostRules(NamedTuple):
    """What a host allows.

    Args:
        robots: None: everything.
        tdm: rules of its tdmrep.json.
    """

    robots: "Protego | None" = None
    tdm: tuple[tuple[str, bool], ...] = ()

    def is_allowed(self, url: str) -> bool:
        """Whether robots.txt allows an address."""
        return self.robots is None or bool(self.robots.can_fetch(url, AGENT_NAME))

    def is_reserved(self, url: str) -> bool:
        """Whether tdmrep.json reserves an address."""
        return is_tdm_reserved(url, self.tdm)

    @property
    def pause_s(self) -> float:
        """The pause between two requests that robots.txt asks for, 0 without one."""
        if self.robots is None:
            return 0.0
        rate = self.robots.request_rate(AGENT_NAME)
        pause = rate.seconds / rate.requests if rate is not None and rate.requests else 0.0
        return min(LONGEST_PAUSE_S, max(float(self.robots.crawl_delay(AGENT_NAME) or 0.0), pause))


def parse_robots(data: bytes) -> Protego:
    """The rules of a robots.txt, whatever its bytes are."""
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    return Protego.parse(data.decode(encoding, "replace"))


def host_rules(robots: bytes | None, tdm: bytes | None) -> HostRules:
    """Rules of what a host serves; None: it has no such file."""
    return HostRules(parse_robots(robots) if robots else None, tuple(tdm_rules(tdm)) if tdm else ())
