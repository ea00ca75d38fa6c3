"""The first page: what is here, and a form that asks. Plain HTML; the script only shows the answer in place."""

from html import escape
from typing import Any, NamedTuple

TITLE = "Image recommender"
ABOUT = "Finds the pictures most like one picture, or like up to five together, by content, colour and structure."
VERSION = "1"


class Facts(NamedTuple):
    """What the first page says of the collection."""

    pictures: int
    model: str
    generation: str
    measures: list[str]


def first_page(facts: Facts) -> str:
    """The page as HTML; every fact is escaped."""
    shown: dict[str, Any] = {name: escape(str(value)) for name, value in facts._asdict().items()}
    choices = "".join(f"<option>{escape(name)}</option>" for name in facts.measures)
    return PAGE.format(**{**shown, "pictures": f"{facts.pictures:,}"}, title=TITLE, about=ABOUT, choices=choices)


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
<dl>
<dt>Pictures</dt><dd>{pictures}</dd>
<dt>Model</dt><dd>{model}</dd>
<dt>Index generation</dt><dd>{generation}</dd>
</dl>
<form action="/v1/query" method="post" enctype="multipart/form-data">
<label>1 to 5 pictures <input type="file" name="images" accept="image/*" multiple required></label>
<label>Measure <select name="measure"><option value="">all</option>{choices}</select></label>
<label>Answers <input type="number" name="top_k" value="5" min="1" max="50"></label>
<button>Find pictures like these</button>
</form>
<p id="message" role="status"></p>
<div id="answer"></div>
<footer>
<a href="/docs">HTTP interface</a> (its page loads scripts from the internet), <a href="/openapi.json">the same as JSON</a>,
<a href="/v1/status">index</a>, <a href="/healthz">health</a>
</footer>
</body>
</html>
"""

STYLE = """body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #222; background: #fff; }
dl { display: grid; grid-template-columns: max-content auto; gap: 0 1rem; }
dt { color: #666; }
dd { margin: 0; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; padding: 1rem; background: #f2f2f0; border-radius: .5rem; }
#message:empty { display: none; }
h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
figure img { width: 100%; height: 9rem; object-fit: contain; background: #f2f2f0; }
figcaption { font-size: .8rem; overflow-wrap: anywhere; }
footer { margin-top: 3rem; font-size: .9rem; color: #666; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818; }
  a { color: #8bf; }
  form, figure img { background: #262626; }
}
"""

#: Text from the answer goes into the page as text, never as HTML.
SCRIPT = """'use strict';
const form = document.querySelector('form'), message = document.getElementById('message'), answer = document.getElementById('answer');

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function picture(item) {
  const source = '/v1/images/' + encodeURIComponent(item.image_id);
  const caption = item.score.toFixed(3) + ' ' + item.filename + (item.license ? ' (' + item.license + ')' : '');
  return element('figure', {},
    element('a', {href: source}, element('img', {src: source + '/thumbnail', alt: item.filename, loading: 'lazy'})),
    element('figcaption', {textContent: caption}));
}

function show(content) {
  message.textContent = 'Answered in ' + (content.seconds * 1000).toFixed(0) + ' ms.';
  for (const [measure, items] of Object.entries(content.results)) {
    answer.append(element('h2', {textContent: measure}), element('div', {className: 'row'}, ...items.map(picture)));
  }
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  const asked = new FormData(form);
  for (const name of ['measure', 'top_k']) if (!asked.get(name)) asked.delete(name);
  answer.replaceChildren();
  message.textContent = 'Looking ...';
  try {
    const response = await fetch(form.action, {method: 'POST', body: asked});
    const content = await response.json();
    if (response.ok) show(content); else message.textContent = content.error.message;
  } catch (error) {
    message.textContent = 'The service does not answer: ' + error.message;
  }
});
"""

#: What the page loads, by name: content and media type.
FILES = {"page.css": (STYLE, "text/css"), "page.js": (SCRIPT, "text/javascript")}
