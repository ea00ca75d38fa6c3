"""reports/charts/index.html: all charts on one page, without a script and without anything from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

STYLE = """\
:root { color-scheme: light dark; --ink: #1c2128; --grey: #5b6470; --paper: #f4f5f7; --card: #fff; --line: #e3e6ea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --grey: #a3acb7; --paper: #14171b; --card: #1d2127; --line: #333a43; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
header, main { max-width: 1400px; margin: 0 auto; padding: 1rem; }
header p { color: var(--grey); margin: 0; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 1rem; align-items: start; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
figure img { display: block; width: 100%; height: auto; }
figcaption { padding: .5rem 1rem; font-size: .875rem; color: var(--grey); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .15rem .5rem .15rem 0; text-align: left; font-weight: normal; overflow-wrap: anywhere; vertical-align: top; }
td { white-space: pre-line; }
a { color: inherit; }
"""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Charts of the collection</title>
<link rel="stylesheet" href="charts.css">
</head>
<body>
<header><h1>Charts of the collection</h1><p>{summary}</p></header>
<main>
{figures}
</main>
</body>
</html>
"""


def to_html(charts: Sequence[Mapping[str, Any]], summary: str) -> bytes:
    """The page.

    Args:
        charts: entries of charts.json.
    """
    figures = "\n".join(figure(one) for one in charts)
    return PAGE.format(summary=escape(summary), figures=figures).encode("utf-8", "replace")


def figure(one: Mapping[str, Any]) -> str:
    """One chart with its numbers as a table."""
    name, title = one["name"], escape(one["title"])
    rows = "".join(f'<tr><th scope="row">{escape(key)}</th><td>{escape(text)}</td></tr>' for key, text in one["table"])
    return (
        f'<figure id="{name}"><a href="{name}.png"><img src="{name}.png" alt="{title}" width="{one["width_px"]}" '
        f'height="{one["height_px"]}" loading="lazy"></a><figcaption><a href="{name}.svg">SVG</a>'
        f"<details><summary>Numbers</summary><table>{rows}</table></details></figcaption></figure>"
    )
