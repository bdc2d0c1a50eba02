"""A page's bytes turned into a tree that rules can ask: nodes by id, clean text, embedded JSON."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.amazon.marketplaces import Marketplace
from shared.amazon.pages.text import clean

MAX_BYTES = 12_000_000
# Building the tree is quadratic in the depth of nesting and in the attributes of one tag; real pages nest under 100
# deep and have under 20,000 tags, which is fast however they nest.
_FEW_TAGS = 20_000
_DEEPEST = 1_500
_MOST_ATTRIBUTES = 5_000
_WINDOW = 50_000
# Pages repeat some ids, against the rules of HTML, a handful of times.
_MOST_OF_AN_ID = 12
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_QUOTED = re.compile(rb"\"[^\"]*(?:\"|$)|'[^']*(?:'|$)")
_VOID = frozenset(b"area base br col embed hr img input link meta param source track wbr".split())
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
# Encodings that browsers read as their larger successors (WHATWG Encoding).
_AS_BROWSERS = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-kr": "cp949",
}
_BROWSERS_KNOW = re.compile(
    r"utf-(?:8-sig|16(?:-[lb]e)?)|cp\d+|iso8859-\d+|iso2022_jp|euc_\w+|gb18030|big5\w*|koi8-[ru]"
)
# Languages that write a decimal comma; the others of Amazon's languages write a point.
_COMMA_LANGUAGES = frozenset({"de", "fr", "it", "es", "nl", "sv", "pl", "pt", "tr", "cs", "da", "ca"})
_POINT_REGIONS = frozenset({"es-mx", "es-us", "fr-ca"})
_UNREAD = frozenset({"script", "style"})
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[a-z]{2,4})?")


class MalformedPage(ValueError):  # noqa: N818 - a verdict on the input, not a fault
    """Bytes that are not worth parsing: nested or attributed beyond any real page."""


class Document:
    """One page. Rules find nodes by `"#id selector"`: under every element with that id, what the selector matches."""

    def __init__(self, body: bytes, place: Marketplace, content_type: str | None = None) -> None:
        """Parses `body`. Raises MalformedPage."""
        self.place = place
        self.raw = _utf8(_complete_part(body), content_type)
        _refuse_hostile(self.raw)
        self.tree = LexborHTMLParser(self.raw)
        self.cache: dict[str, Any] = {}
        self.ids: dict[str, list[LexborNode]] = {}
        for node in self.tree.css("[id]"):
            self.ids.setdefault(node.id or "", []).append(node)

    def find(self, where: str) -> Iterator[LexborNode]:
        """The nodes that `where` names, in page order; a blank one names the page itself."""
        if not where.startswith("#"):
            yield from self.tree.css(where) if where else [self.root]
            return
        name, _, selector = where[1:].partition(" ")
        for node in self.ids.get(name, ())[:_MOST_OF_AN_ID]:
            if selector:
                yield from node.css(selector)
            else:
                yield node

    @property
    def root(self) -> LexborNode:
        """The element that holds the whole page."""
        root = self.tree.root
        if root is None:
            raise MalformedPage("the page has no elements")
        return root

    @cached_property
    def language(self) -> str:
        """The language the page says it is in (`ja-jp`), else that of its marketplace; lower case."""
        html = self.tree.css_first("html")
        stated = (attribute(html, "lang") if html is not None else "").lower().replace("_", "-")
        return stated if _LANGUAGE.fullmatch(stated) else self.place.language.lower()

    @cached_property
    def decimal_mark(self) -> str:
        """The mark before decimals in the page's language."""
        if self.language in _POINT_REGIONS:
            return "."
        return "," if self.language[:2] in _COMMA_LANGUAGES else "."


def text_of(node: LexborNode | None) -> str:
    """The clean text of a node and all that it holds, scripts and styles left out."""
    if node is None:
        return ""
    if node.css_first("script,style") is None:
        return clean(node.text(deep=True, separator=" "))
    parts = (part for part in node.traverse(include_text=True) if part.is_text_node)
    return clean(" ".join(part.text_content or "" for part in parts if part.parent and part.parent.tag not in _UNREAD))


def attribute(node: LexborNode, name: str) -> str:
    """An attribute's value, or an empty string."""
    return node.attributes.get(name) or ""


# Half of a character outside the basic plane, without its other half: no text that can be stored.
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def parse_json(text: str) -> Any:
    """The first JSON value in `text`, whatever follows it, or None; half a character becomes U+FFFD."""
    if "\\ud" in text or "\\uD" in text:
        text = _LONE_SURROGATE.sub(r"\\ufffd", text)
    try:
        value, _ = json.JSONDecoder().raw_decode(text.lstrip(" \t\r\n:=("))
    except (ValueError, RecursionError):
        return None
    return value


def is_truncated(body: bytes) -> bool:
    """Whether the page breaks off before its end."""
    return body.rfind(b"</html") < 0 and body.rfind(b"</body") < 0 and body.rfind(b"</HTML") < 0


def _complete_part(body: bytes) -> bytes:
    """The body up to its last whole text: in a page that breaks off inside one, half a price is not a price."""
    stripped = body[:MAX_BYTES].rstrip()
    if stripped.endswith(b">") or not is_truncated(stripped):
        return stripped
    return stripped[: max(stripped.rfind(b"<"), 0)]


def _utf8(body: bytes, content_type: str | None) -> bytes:
    stated = _HEADER_CHARSET.search(content_type or "")
    found = stated[1] if stated else None
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        found = "utf-16"
    elif found is None:
        meta = _CHARSET.search(body, 0, 4096)
        found = meta[1].decode("ascii") if meta else "utf-8"
    try:
        name = codecs.lookup(_AS_BROWSERS.get(found.lower(), found)).name
    except LookupError:
        return body
    if name in {"utf-8", "ascii"} or not _BROWSERS_KNOW.fullmatch(name):
        return body
    return body.decode(name, "replace").encode("utf-8", "replace")


def _refuse_hostile(body: bytes) -> None:
    if body.count(b"<") > _FEW_TAGS and _depth(body) > _DEEPEST:
        raise MalformedPage("the page is nested too deeply")
    start = 0
    while start < len(body) - _WINDOW:
        if body.find(b">", start, start + _WINDOW) >= 0:
            start += _WINDOW
            continue
        opened, closed = body.rfind(b"<", 0, start + 1), body.find(b">", start)
        closed = closed if closed >= 0 else len(body)
        if opened >= 0 and _attributes(body[opened:closed]) > _MOST_ATTRIBUTES:
            raise MalformedPage("a tag of the page has too many attributes")
        start = closed


def _attributes(tag: bytes) -> int:
    """At most how many attributes the text after a `<` gives that tag, quoted values set aside."""
    head = tag.partition(b">")[0]
    closed = not (head.count(b'"') % 2 or head.count(b"'") % 2)  # else this > stands inside a value
    most = _separators(head) if closed else _MOST_ATTRIBUTES + 1
    return most if most <= _MOST_ATTRIBUTES else _separators(_QUOTED.sub(b"", tag).partition(b">")[0])


def _separators(names: bytes) -> int:
    return len(names.split()) + names.count(b"=") + names.count(b"/")


def _depth(body: bytes) -> int:
    """At least how deeply tags can nest: those open at once, counted for each name, since wrong ends close nothing."""
    opened: dict[bytes, int] = {}
    deepest: dict[bytes, int] = {}
    for closing, name in _TAG.findall(body):
        if name in _VOID:
            continue
        now = opened[name] = max(opened.get(name, 0) + (-1 if closing else 1), 0)
        if now > deepest.get(name, 0):
            deepest[name] = now
    return sum(deepest.values())
