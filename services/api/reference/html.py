"""The HTTP interface as a web page: its Markdown beside links to every operation. Pure.

Nothing inline, nothing from elsewhere: it stands under the dashboard's policy and uses its colours.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from html import escape
from string import Template

from markdown_it import MarkdownIt

from services.api.reference.markdown import Node, anchor, by_tag
from services.api.reference.markdown import page as markdown

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>$title · HTTP interface</title>
  <link rel="icon" href="/ui/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/ui/css/tokens.css">
  <link rel="stylesheet" href="/ui/css/base.css">
  <link rel="stylesheet" href="/ui/css/reference.css">
  <script src="/ui/theme.js"></script>
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header>
  <a href="/">$title</a> <a href="/openapi.json">openapi.json</a> <a href="/asyncapi.json">asyncapi.json</a>
</header>
<nav aria-label="Operations">
$links
</nav>
<main id="content" tabindex="-1">
$text
</main>
</body>
</html>
""")


def page(document: Node) -> str:
    """The whole page."""
    title = escape(document["info"]["title"])
    return _PAGE.substitute(title=title, links="\n".join(_links(document)), text=_text(document))


def _text(document: Node) -> str:
    """Headings bear the names that the Markdown links to; markup in a description stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown(document))
    for opening, heading in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", anchor(heading.content))
    return str(parser.renderer.render(tokens, parser.options, {}))


def _links(document: Node) -> Iterator[str]:
    for tag, operations in by_tag(document).items():
        yield f"<details open><summary>{escape(tag.capitalize())}</summary><ul>"
        for method, path, operation in operations:
            name = f"<b>{method}</b> {escape(path.removeprefix('/v1'))}"
            yield (
                f'<li><a href="#{anchor(f"{method} {path}")}" title="{escape(operation.get("summary", ""))}">{name}</a>'
            )
        yield "</ul></details>"
    yield '<a href="#schemas">Schemas</a>'
