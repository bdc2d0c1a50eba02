"""Ordered extraction rules: a field is a table of them, and the first that answers wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from selectolax.lexbor import LexborNode

from shared.amazon.pages.document import Document

T = TypeVar("T")
# A rule that has not found its value in so many places will not find it.
_MOST_NODES = 60
Reader = Callable[[Document, LexborNode], T | None]
Rule = tuple[str, str, Reader[T]]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a field's rules found, and the name of the rule that found it."""

    value: T | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """A field and its rules: (stable name, where to look, how to read a node there).

    `where` is `"#id"` or `"#id selector"`, another CSS selector, or blank for the whole page.
    """

    name: str
    rules: tuple[Rule[T], ...]

    def read(self, document: Document) -> Answer[T]:
        """The first rule's answer."""
        for name, where, reader in self.rules:
            for node in islice(document.find(where), _MOST_NODES):
                value = reader(document, node)
                if value is not None:
                    return Answer(value, name)
        return Answer()

    def explain(self, document: Document) -> list[dict[str, Any]]:
        """What every rule would have answered, in order."""
        return [
            {"rule": name, "where": where, "answer": Field(self.name, ((name, where, reader),)).read(document).value}
            for name, where, reader in self.rules
        ]
