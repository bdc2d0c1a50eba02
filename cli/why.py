"""What every rule of every field said of a page, for people to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.text import plain

_LONGEST = 100


def why_lines(page: Mapping[str, Any]) -> Iterator[str]:
    """The verdict, then each field with its answer, and below it its rules: > answered, = said the same, ! another."""
    yield f"{page['kind']}: {page['reason']}, {page['advice']}"
    for field, rules in page["why"].items():
        answering = page["trace"].get(field)
        chosen = next((rule for rule in rules if rule["rule"] == answering), None)
        yield f"\n{field}{_verdict(rules, chosen)}"
        for rule in rules:
            where = rule["where"] or "page"
            yield f"  {_mark(rule, chosen)} {rule['rule']:<20} {_shown(rule['answer']) or '-'}  [{where}]"


def _verdict(rules: Sequence[Mapping[str, Any]], chosen: Mapping[str, Any] | None) -> str:
    if chosen is not None:
        return ""
    return ": set aside, as other fields say" if any(rule["answer"] is not None for rule in rules) else ": no answer"


def _mark(rule: Mapping[str, Any], chosen: Mapping[str, Any] | None) -> str:
    if rule is chosen:
        return ">"
    if rule["answer"] is None:
        return " "
    return "=" if chosen is not None and rule["answer"] == chosen["answer"] else "!"


def _shown(answer: Any) -> str:
    """An answer on one line, cut when it is long."""
    if answer is None:
        return ""
    text = plain(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
