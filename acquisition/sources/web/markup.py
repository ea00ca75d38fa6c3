"""Plain text and the first link of HTML fragments, as services put them into their fields."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

#: Elements that stand on lines of their own, and those whose content is no text for people.
BLOCKS = frozenset(
    {"br", "div", "p", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "td", "th", "hr", "h1", "h2", "h3"}
)
HIDDEN = frozenset({"script", "style", "template"})
VOID = frozenset({"br", "hr", "img", "wbr", "input", "meta", "link", "area", "base", "col", "embed", "source", "track"})
#: The class of the word that names a language before a text in it, on wikis.
LANGUAGE_LABEL = re.compile(r"(?:^|\s)language(?:\s|$)")
WEB = re.compile(r"https?://", re.IGNORECASE)
LONGEST = 20_000


class Reader(HTMLParser):
    """Collects the text that people see and the first address of the web that a fragment links to."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.pieces: list[str] = []
        self.link = ""
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in BLOCKS:
            self.pieces.append(" ")
        is_hidden = tag in HIDDEN or "display:none" in (attributes.get("style") or "").replace(" ", "").lower()
        if tag not in VOID and (self._skipped or is_hidden or LANGUAGE_LABEL.search(attributes.get("class") or "")):
            self._skipped.append(tag)
        elif tag == "a" and not self.link and not self._skipped:
            self.link = absolute(self.base, attributes.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.pieces.append(" ")
        if tag in self._skipped:
            while self._skipped.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.pieces.append(data)


def absolute(base: str, href: str) -> str:
    """The address of the web that a link leads to from a page; empty if it leads to none."""
    try:
        found = urljoin(base, href.strip()) if href.strip() else ""
    except ValueError:  # brackets that are no IPv6 address
        return ""
    return found if WEB.match(found) else ""


def read(fragment: str, base: str = "") -> tuple[str, str]:
    """The text of a fragment on one line, and its first link; empty where there is none.

    Args:
        base: address of the page that the fragment is of, for links that are relative to it.
    """
    if "<" not in fragment and "&" not in fragment:
        return " ".join(fragment[:LONGEST].split()), ""
    reader = Reader(base)
    reader.feed(fragment[:LONGEST])
    reader.close()
    return " ".join("".join(reader.pieces).split()), reader.link


def plain(fragment: object) -> str:
    """The text of a fragment on one line; empty for what is no text."""
    return read(fragment)[0] if isinstance(fragment, str) else ""


def in_english(value: object) -> str:
    """A text of a field that may have several languages: English if it is there, else the first; as it stands otherwise."""
    if isinstance(value, dict):
        texts = {key: text for key, text in value.items() if isinstance(text, str) and not key.startswith("_")}
        english = [texts[key] for key in sorted(texts) if key == "en" or key.startswith("en-")]
        return next(iter([*english, *texts.values()]), "")
    return value if isinstance(value, str) else "" if value is None else str(value)
