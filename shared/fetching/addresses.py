"""Addresses: their canonical form, and the IP addresses behind a name, of which only public ones may be asked."""

import ipaddress
import posixpath
import queue
import re
import socket
import threading
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from shared.fetching.limits import FetchError

PORTS = {"http": 80, "https": 443}
#: What need not be escaped in a path or query; an escape that is there stays. Source: RFC 3986, sections 2.2 and 2.3.
UNESCAPED = "!$%&'()*+,-./:;=?@_~"
#: IPv6 networks whose last four bytes are an IPv4 address. Source: RFC 6052, RFC 4291, section 2.5.5.
EMBEDDING = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
USER = re.compile(r"^(\s*\w+://)[^/?#\\]*@")
LONGEST_LABEL = 63
NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Place(NamedTuple):
    """Where to connect to.

    Args:
        host: in lower case, without a port.
    """

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        """The host as limits name it: with the port where it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if PORTS[self.scheme] == self.port else f"{host}:{self.port}"


def place_of(url: str) -> Place:
    """Where an address leads to.

    Raises:
        FetchError: it is none of the web.
    """
    shown = without_user(url)[:200]
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:
        raise FetchError(f"{shown!a} is no address: {error}", "bad_address") from error
    if parts.scheme.lower() not in PORTS:
        raise FetchError(f"expected http or https, got {shown!a}", "bad_address")
    if not (is_name(host) or ":" in host):
        raise FetchError(f"expected a host in {shown!a}", "bad_address")
    return Place(parts.scheme.lower(), host, port or PORTS[parts.scheme.lower()])


def is_name(host: str) -> bool:
    """Whether a host may be a name."""
    return bool(NAME.fullmatch(host)) and all(0 < len(label) <= LONGEST_LABEL for label in host.split("."))


def without_user(url: str) -> str:
    """An address without the name and password in it, as tables, credits and messages may have it."""
    return USER.sub(r"\1", url)


def canonical(url: str) -> str:
    """The one form of all spellings of an address: no fragment, no user, no default port, escapes where they must be.

    Source: RFC 3986, section 6.2.2. Errors as `place_of`.
    """
    place, parts = place_of(url.strip()), urlsplit(url.strip())
    try:
        path, query = escaped(parts.path or "/"), escaped(parts.query)
    except UnicodeEncodeError as error:
        raise FetchError(
            f"{without_user(url)[:200]!a} is no address: it has half a character", "bad_address"
        ) from error
    if "/." in path:
        kept_slash = "/" if path.endswith(("/", "/.", "/..")) else ""
        path = posixpath.normpath(path).replace("//", "/").rstrip("/") + kept_slash or "/"
    return urlunsplit((place.scheme, place.name, path, query, ""))


def escaped(text: str) -> str:
    """A path or query with escapes where they must be, and in capitals; a percent sign that begins none is escaped."""
    return ESCAPE.sub(lambda found: f"%{found.group(1) or '25'}".upper(), quote(text, safe=UNESCAPED))


def next_url(url: str, location: str) -> str:
    """The address that a redirect leads to, in its canonical form; errors as `place_of`."""
    try:
        return canonical(urljoin(url, location))
    except ValueError as error:  # brackets that are no IPv6 address
        raise FetchError(f"{without_user(location)[:200]!r} is no address: {error}", "bad_address") from error


def is_public(address: IPAddress, *, is_loopback_allowed: bool = False) -> bool:
    """Whether an IP address may be asked: none of a private network, of this machine, or of a cloud's metadata."""
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inside is None and not address.is_loopback and any(address in network for network in EMBEDDING):
            inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside, is_loopback_allowed=is_loopback_allowed)
    if address.is_loopback:
        return is_loopback_allowed
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(place: Place, timeout_s: float, *, is_loopback_allowed: bool = False) -> str:
    """An IP address of a host, to which all its requests go from then on; none is asked if one of them is not public.

    The look-up of a name has no time limit of its own, so it happens in a thread that can be left behind.

    Raises:
        FetchError: blocked_address, or there is no such name.
    """
    found = literal(place.host) or _look_up(place, timeout_s)
    check_public(place, found, is_loopback_allowed=is_loopback_allowed)
    return str(next((one for one in found if one.version == 4), found[0]))


def check_public(place: Place, found: list[IPAddress], *, is_loopback_allowed: bool = False) -> None:
    """Do nothing if all IP addresses of a host are public ones.

    Raises:
        FetchError: blocked_address.
    """
    blocked = [one for one in found if not is_public(one, is_loopback_allowed=is_loopback_allowed)]
    if blocked:
        raise FetchError(f"{place.host} is at {blocked[0]}, which is no public address", "blocked_address")


def literal(host: str) -> list[IPAddress]:
    """The IP address that a host is written as; nothing for a name."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        return []


def _look_up(place: Place, timeout_s: float) -> list[IPAddress]:
    answers: queue.Queue[list[IPAddress] | OSError | UnicodeError] = queue.Queue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
            answers.put([ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise FetchError(f"the name {place.host} was not found within {timeout_s:g} s") from None
    if not isinstance(answer, list):
        raise FetchError(f"the name {place.host} was not found ({answer})") from answer
    if not answer:
        raise FetchError(f"the name {place.host} was not found")
    return answer
