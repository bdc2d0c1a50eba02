"""Padding that brings a page to the weight of a real one: scripts, styles and widget settings, as compressible as those."""

import random
from functools import cache

_WORDS = [
    "var",
    "function",
    "return",
    "window",
    "ue",
    "csm",
    "widget",
    "config",
    "metrics",
    "register",
    "execute",
    "module",
    "scope",
    "render",
    "viewport",
    "throttle",
    "beacon",
    "experiment",
    "weblab",
    "treatment",
    "locale",
    "carousel",
    "prefetch",
    "declarative",
    "popover",
    "asset",
    "sprite",
]
_PIECE_BYTES = 2_000


@cache
def _piece(number: int) -> str:
    """One script of about two thousand bytes: plain ASCII, always the same for a number."""
    rng = random.Random(f"filler/{number}")
    parts = [f"<script>(function(f){{var _np=(window.P._namespace('Widget{number}'));"]
    size = len(parts[0])
    while size < _PIECE_BYTES:
        token = f"{rng.getrandbits(96):024x}"
        part = f'{rng.choice(_WORDS)}.{rng.choice(_WORDS)}({{"id":"{token}","{rng.choice(_WORDS)}":{rng.randint(0, 999)}}});'
        parts.append(part)
        size += len(part)
    parts.append("}(window));</script>\n")
    return "".join(parts)


@cache
def filler(size: int) -> str:
    """Exactly ``size`` bytes of padding."""
    pieces: list[str] = []
    left, number = size, 0
    while left >= _PIECE_BYTES * 2:
        piece = _piece(number % 997)
        pieces.append(piece)
        left -= len(piece)
        number += 1
    return "".join(pieces) + " " * left


def padded(html: str, page_bytes: int) -> str:
    """The page with padding in its head and before its end, as real pages carry their scripts."""
    missing = page_bytes - len(html.encode())
    if missing <= 0:
        return html
    # Whole kilobytes, so that few different paddings are kept.
    kilobytes = -(-missing // 1024)
    head = filler(kilobytes * 1024 * 2 // 5)
    tail = filler(kilobytes * 1024 - len(head))
    return html.replace("</head>", head + "</head>", 1).replace("</body>", tail + "</body>", 1)
