"""Padding that brings a page to the weight of a real one: scripts that compress as well as those of real pages."""

import random
from functools import cache

_CALLS = ("window", "ue", "csm", "widget", "metrics", "module", "viewport", "beacon", "weblab", "carousel", "popover")
_VERBS = ("register", "execute", "config", "render", "throttle", "prefetch", "declarative", "mount", "measure")
_SETTINGS = ("scope", "experiment", "treatment", "locale", "asset", "sprite", "delay", "priority", "slot")
_PIECE_BYTES = 2_000


@cache
def _piece(number: int) -> str:
    """One script of about two thousand bytes: plain ASCII, always the same for a number."""
    rng = random.Random(f"filler/{number}")
    parts = [f"<script>(function(f){{var _np=(window.P._namespace('Widget{number}'));"]
    size = len(parts[0])
    while size < _PIECE_BYTES:
        call = f"{rng.choice(_CALLS)}.{rng.choice(_VERBS)}"
        part = f'{call}({{"id":"{rng.getrandbits(40):010x}","{rng.choice(_SETTINGS)}":{rng.randint(0, 999)}}});'
        parts.append(part)
        size += len(part)
    parts.append("}(window));</script>\n")
    return "".join(parts)


def filler(size: int) -> str:
    """Exactly ``size`` bytes of padding: whole scripts, then blanks."""
    pieces: list[str] = []
    left = size
    while left >= _PIECE_BYTES * 2:
        # A page of today has some hundred scripts; beyond that they repeat.
        piece = _piece(len(pieces) % 997)
        pieces.append(piece)
        left -= len(piece)
    return "".join(pieces) + " " * left


def padded(html: str, page_bytes: int) -> str:
    """The page with padding in its head and before its end, as real pages carry their scripts."""
    missing = page_bytes - len(html.encode())
    if missing <= 0:
        return html
    head = filler(missing * 2 // 5)
    tail = filler(missing - len(head))
    return html.replace("</head>", head + "</head>", 1).replace("</body>", tail + "</body>", 1)
