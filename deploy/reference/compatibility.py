"""Whether a changed OpenAPI document breaks its clients: pure.

Clients ignore members and values that they do not know. So the API may add paths, optional parameters and members of
requests, members and values of answers; it may not take any of that away, ask for more than before, or change a type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

Document = Mapping[str, Any]
Direction = Literal["request", "answer"]
METHODS = ("get", "put", "post", "patch", "delete", "head")
# Deeper than any document of ours; a schema that refers to itself ends here.
MOST_DEEP = 12
_UPPER = ("maximum", "maxLength", "maxItems")
_LOWER = ("minimum", "minLength", "minItems")


def breaks(old: Document, new: Document) -> list[str]:
    """Everything that a client of `old` would notice, each beginning with `METHOD /path`."""
    found = []
    for path, methods in old["paths"].items():
        for method in (name for name in METHODS if name in methods):
            name = f"{method.upper()} {path}"
            after = new["paths"].get(path, {}).get(method)
            if after is None:
                found.append(f"{name}: is gone")
            else:
                found += [f"{name}: {told}" for told in _Comparison(old, new).operation(methods[method], after)]
    return list(dict.fromkeys(found))


class _Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new

    def operation(self, old: Document, new: Document) -> Iterator[str]:
        yield from self._parameters(old, new)
        yield from self._body(old, new)
        for status in old["responses"]:
            if status < "400" and status not in new["responses"]:
                yield f"no longer answers {status}"
        for status, answer in new["responses"].items():
            if status < "400":
                before = old["responses"].get(status, {}).get("content", {})
                for kind, told in before.items():
                    if kind not in answer.get("content", {}):
                        yield f"{status} is no longer {kind}"
                        continue
                    after = answer["content"][kind]
                    yield from self.schema(told.get("schema", {}), after.get("schema", {}), "answer", str(status))

    def _parameters(self, old: Document, new: Document) -> Iterator[str]:
        before = {(p["in"], p["name"]): p for p in old.get("parameters", ())}
        after = {(p["in"], p["name"]): p for p in new.get("parameters", ())}
        for (place, name), parameter in before.items():
            if (place, name) not in after:
                yield f"takes no {place} parameter {name} any more"
            else:
                now = after[place, name]
                if now.get("required") and not parameter.get("required"):
                    yield f"needs the {place} parameter {name}"
                yield from self.schema(parameter.get("schema", {}), now.get("schema", {}), "request", name)
        for (place, name), parameter in after.items():
            if parameter.get("required") and (place, name) not in before:
                yield f"needs the {place} parameter {name}"

    def _body(self, old: Document, new: Document) -> Iterator[str]:
        before, after = old.get("requestBody", {}), new.get("requestBody", {})
        if after.get("required") and not before.get("required"):
            yield "needs a body"
        for kind, told in before.get("content", {}).items():
            if kind not in after.get("content", {}):
                yield f"takes no {kind} any more"
                continue
            yield from self.schema(told.get("schema", {}), after["content"][kind].get("schema", {}), "request", "body")

    def schema(self, old: Document, new: Document, direction: Direction, at: str, deep: int = 0) -> Iterator[str]:
        """What is narrower in a request, or missing or other in an answer."""
        old, new = _resolved(old, self._old), _resolved(new, self._new)
        if deep > MOST_DEEP or not old or not new:
            return
        if "choices" in old or "choices" in new:
            yield from self._choices(old, new, direction, at, deep)
            return
        if old.get("type") != new.get("type"):
            yield f"{at} is {new.get('type')}, was {old.get('type')}"
            return
        if direction == "request":
            yield from _narrower(old, new, at)
        yield from self._members(old, new, direction, at, deep)
        if "items" in old and "items" in new:
            yield from self.schema(old["items"], new["items"], direction, f"{at}[]", deep + 1)

    def _choices(self, old: Document, new: Document, direction: Direction, at: str, deep: int) -> Iterator[str]:
        """A request may take more kinds, an answer be fewer."""
        mine, theirs = (old, new) if direction == "request" else (new, old)
        for choice in mine.get("choices", [mine]):
            pairs = [
                (choice, other) if direction == "request" else (other, choice)
                for other in theirs.get("choices", [theirs])
            ]
            problems = [list(self.schema(before, after, direction, at, deep + 1)) for before, after in pairs]
            if all(problems):
                yield from min(problems, key=len)

    def _members(self, old: Document, new: Document, direction: Direction, at: str, deep: int) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for name, told in before.items():
            place = f"{at}.{name}"
            if name not in after:
                yield f"{place} is gone"
                continue
            yield from self.schema(told, after[name], direction, place, deep + 1)
        if direction == "request":
            yield from (f"{at}.{name} is needed" for name in sorted(needed_now - needed_before))
        else:
            yield from (f"{at}.{name} may be missing" for name in sorted((needed_before - needed_now) & after.keys()))


def _resolved(schema: Document, document: Document) -> Document:
    """The schema itself, its alternatives under one name."""
    while "$ref" in schema:
        node: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return {"choices": schema[name]}
    return schema


def _narrower(old: Document, new: Document, at: str) -> Iterator[str]:
    lost = [value for value in old.get("enum", ()) if "enum" in new and value not in new["enum"]]
    if lost or ("enum" in new and "enum" not in old):
        yield f"{at} takes fewer values"
    for limits, lower in ((_UPPER, False), (_LOWER, True)):
        for limit in limits:
            before, after = old.get(limit), new.get(limit)
            if after is not None and (before is None or (after > before if lower else after < before)):
                yield f"{at} has a tighter {limit}"
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{at} has another pattern"
