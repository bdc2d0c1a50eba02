"""Which category a product belongs to, told from Japanese, Korean or English breadcrumbs or its title.

Breadcrumbs run from department to detail. The first one that says anything settles the family (a book on computers
stays a book); the deepest one that refines that family settles the category. Within one text the longest match wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CategorySource = Literal["given", "breadcrumbs", "title", "default"]
Text = Annotated[str, Field(min_length=1)]

# Breadcrumbs whose category is kept: more than a marketplace's departments have in use at a time.
REMEMBERED = 4096

_SPACE = re.compile(r"\s+")
_SPACED_MARK = re.compile(r" ?([&・/,]) ?")


class Category(BaseModel):
    """A kind of goods and the words it is known by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Text
    parent: str | None = None
    keywords: tuple[Text, ...] = ()
    names: tuple[Text, ...] = ()


class CategoryTable(BaseModel):
    """All categories, in order of precedence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: str
    categories: dict[str, Category]

    @model_validator(mode="after")
    def relations_hold(self) -> Self:
        if self.default not in self.categories:
            raise ValueError(f"default: {self.default!r} is none of the categories")
        for key, category in self.categories.items():
            parent = self.categories.get(category.parent) if category.parent else None
            if category.parent and (parent is None or parent.parent):
                raise ValueError(f"categories.{key}.parent: {category.parent!r} is no category without a parent")
        return self

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word of every category, compiled once; the longest first, equals in order of the table."""
        words = [
            Word.of(text, key, category.parent or key, whole=whole)
            for key, category in self.categories.items()
            for whole, texts in ((False, category.keywords), (True, category.names))
            for text in texts
        ]
        return tuple(sorted(words, key=lambda word: -len(word.text)))

    @cached_property
    def in_breadcrumbs(self) -> Callable[[tuple[str, ...]], Word | None]:
        """The word that settles the category of breadcrumbs; many products share theirs, so answers are kept."""
        return lru_cache(maxsize=REMEMBERED)(lambda nodes: _in_breadcrumbs([_normal(n) for n in nodes], self.words))


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a category; a `whole` one is matched only by a breadcrumb or title that equals it."""

    text: str
    category: str
    family: str
    whole: bool
    pattern: re.Pattern[str] | None

    @classmethod
    def of(cls, text: str, category: str, family: str, *, whole: bool) -> Word:
        """`text` as it is compared: normalised; Latin letters match whole words, plural included."""
        text = _normal(text)
        pattern = re.compile(rf"(?<![a-z0-9]){re.escape(text)}(?:e?s)?(?![a-z0-9])") if text.isascii() else None
        return cls(text, category, family, whole, pattern)

    def occurs(self, text: str) -> bool:
        if self.whole:
            return text == self.text
        return self.text in text and (self.pattern is None or self.pattern.search(text) is not None)


@dataclass(frozen=True, slots=True)
class CategoryMatch:
    """The category found, where it was found, and by which word."""

    category: str
    source: CategorySource
    keyword: str | None = None


def classify(breadcrumbs: Sequence[str], title: str | None, table: CategoryTable) -> CategoryMatch:
    """The category by breadcrumbs, else by title, else the default one; the same input always gives the same answer."""
    if found := table.in_breadcrumbs(tuple(breadcrumbs)):
        return CategoryMatch(found.category, "breadcrumbs", found.text)
    if title and (found := _longest(table.words, _normal(title))):
        return CategoryMatch(found.category, "title", found.text)
    return CategoryMatch(table.default, "default")


def _in_breadcrumbs(nodes: Sequence[str], words: Sequence[Word]) -> Word | None:
    root = next((word for node in nodes if (word := _longest(words, node))), None)
    if root is None:
        return None
    kin = [word for word in words if word.family == root.family]
    matches = (word for node in reversed(nodes) if (word := _longest(kin, node)))
    return next((word for word in matches if word.category != word.family), root)


def _longest(words: Iterable[Word], text: str) -> Word | None:
    return next((word for word in words if word.occurs(text)), None)


def _normal(text: str) -> str:
    """`text` in one width and case, with single spaces and none around &, ・, / and commas."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACED_MARK.sub(r"\1", _SPACE.sub(" ", folded).strip())
