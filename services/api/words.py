"""A word within stored texts, in any case, as a condition of a query. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]


def holding(word: str, parts: Sequence[Any]) -> Document:
    """That the word is somewhere in these parts: expressions that give a text each.

    No regular expression: without regard to case it takes the server of local runs fifty times as long.
    """
    # Where it lowers ASCII letters only, as MongoDB does, others are as they are written.
    forms = dict.fromkeys(map(_lower_ascii, (word.lower(), word.upper(), word.capitalize())))
    text = {"$toLower": {"$concat": [piece for part in parts for piece in (part, "\n")]}}
    found = [{"$gte": [{"$indexOfBytes": [text, {"$literal": form}]}, 0]} for form in forms]
    return {"$expr": {"$or": found} if len(found) > 1 else found[0]}


def field(name: str) -> Document:
    """A text that a document may lack."""
    return {"$ifNull": [f"${name}", ""]}


def _lower_ascii(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)
