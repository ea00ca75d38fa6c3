"""How owners of pictures say that programs like this one should leave them: headers, a file at the host, metadata."""

import fnmatch
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

#: Words of X-Robots-Tag that ask to be left alone.
#: Source: https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag;
#: https://www.deviantart.com/team/journal/UPDATE-All-Deviations-Are-Opted-Out-of-AI-Datasets-934500371
RESERVED_WORDS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none", "noml"})
AGENT_NAME = "imagerec"
#: Source: https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/, section 4
TDM_FILE = "/.well-known/tdmrep.json"
TDM_HEADER = "tdm-reservation"
#: Source: https://ns.useplus.org/LDF/ldf-XMPSpecification, "Data Mining"
PROHIBITED = b"DMI-PROHIBITED"


def header_opt_out(headers: Iterable[tuple[str, str]]) -> str:
    """Why the headers of an answer ask to leave it, empty if they do not.

    Args:
        headers: names in any case and values, an item for each line: lines for several agents have the same name.
    """
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    if words := ", ".join(filter(None, map(reserved_words, found.get("x-robots-tag", [])))):
        return f"X-Robots-Tag: {words}"
    if "1" in map(str.strip, found.get(TDM_HEADER, [])):
        return f"{TDM_HEADER}: 1"
    usage = ",".join(found.get("content-usage", [])).lower().replace(" ", "")
    return "Content-Usage: train-ai=n" if "train-ai=n" in usage.split(",") else ""


def reserved_words(value: str) -> str:
    """The words of an X-Robots-Tag that count for us; a part for another agent (``otherbot: noai``) does not."""
    is_ours, words = True, []
    for part in value.lower().split(","):
        agent, colon, rest = part.partition(":")
        if colon and agent.strip() not in {
            "unavailable_after",
            "max-snippet",
            "max-image-preview",
            "max-video-preview",
        }:
            is_ours, part = agent.strip() in {AGENT_NAME, "*"}, rest
        if is_ours and part.strip() in RESERVED_WORDS:
            words.append(part.strip())
    return ", ".join(words)


def tdm_rules(data: bytes) -> list[tuple[str, bool]]:
    """Path patterns of a host's tdmrep.json, each with whether what it names is reserved; none for a file that is broken."""
    try:
        rules = json.loads(data)
    except (ValueError, RecursionError):
        return []
    if not isinstance(rules, list):
        return []
    named = [one for one in rules if isinstance(one, dict) and isinstance(one.get("location"), str)]
    reserved = (1, "1")  # no set: what hosts write may not be hashable
    return [(one["location"], one.get("tdm-reservation") in reserved) for one in named]


def is_tdm_reserved(url: str, rules: Iterable[tuple[str, bool]]) -> bool:
    """Whether the first rule that names an address reserves it."""
    path = urlsplit(url).path or "/"
    for pattern, is_reserved in rules:
        exact = pattern.endswith("$")
        glob = pattern.removesuffix("$").replace("[", "[[]").replace("?", "[?]")
        if fnmatch.fnmatchcase(path, glob if exact else f"{glob}*"):
            return is_reserved
    return False
