"""A collection that takes update pipelines, with the few expressions that the services use, as MongoDB has them."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import BulkWriteError

from tests.fakes import FakeClock


class FakeCursor:
    """What an aggregation answers, once it is asked for."""

    def __init__(self, read: Callable[[], Awaitable[list[dict[str, Any]]]]) -> None:
        self._read = read

    async def to_list(self, _length: None) -> list[dict[str, Any]]:
        return await self._read()


class FakeCollection:
    """One collection of the database: atomic updates by pipeline, on the database's own clock, after a delay."""

    def __init__(self, clock: FakeClock, delays: Callable[[], tuple[float, float]]) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.reads = 0
        self._clock = clock
        self._delays = delays

    async def insert_many(self, documents: Sequence[Mapping[str, Any]], *, ordered: bool) -> None:
        assert not ordered
        taken = [index for index, document in enumerate(documents) if document["_id"] in self.documents]
        for document in documents:
            self.documents.setdefault(document["_id"], dict(document))
        if taken:
            raise BulkWriteError({"writeErrors": [{"index": index, "code": 11000} for index in taken]})

    async def find_one(self, query: Mapping[str, Any], _fields: Mapping[str, Any]) -> dict[str, Any] | None:
        there, back = self._delays()
        await self._clock.sleep(there)
        document = self.documents.get(query["_id"])
        found = None if document is None else dict(document)
        await self._clock.sleep(back)
        return found

    def aggregate(self, steps: Sequence[Mapping[str, Any]]) -> FakeCursor:
        self.reads += 1
        return FakeCursor(lambda: self._read(*steps))

    async def _read(self, match: Mapping[str, Any], project: Mapping[str, Any]) -> list[dict[str, Any]]:
        there, back = self._delays()
        await self._clock.sleep(there)
        document = self.documents.get(match["$match"]["_id"])
        now = self._now()
        found = [] if document is None else [{k: evaluate(v, document, now) for k, v in project["$project"].items()}]
        await self._clock.sleep(back)
        return found

    def _now(self) -> datetime:
        """In whole milliseconds, as the database tells it."""
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    async def find_one_and_update(
        self, query: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], *, return_document: bool
    ) -> dict[str, Any] | None:
        assert return_document
        there, back = self._delays()
        await self._clock.sleep(there)
        document = self.documents.get(query["_id"])
        if document is not None:
            self._apply(document, steps)
            document = dict(document)
        await self._clock.sleep(back)
        return document

    async def update_one(self, query: Mapping[str, Any], update: Mapping[str, Any]) -> None:
        document = self.documents.get(query["_id"])
        if document is not None and all(document.get(name) == value for name, value in query.items()):
            document.update(update["$set"])

    def _apply(self, document: dict[str, Any], steps: Sequence[Mapping[str, Any]]) -> None:
        now = self._now()
        for step in steps:
            values = {name: evaluate(rule, document, now) for name, rule in step.get("$set", {}).items()}
            document.update(values)
            if "$unset" in step:
                del document[step["$unset"]]


class FakeDatabase(dict[str, FakeCollection]):
    """Collections made when first named."""

    def __init__(self, clock: FakeClock, delays: Callable[[], tuple[float, float]] = lambda: (0.0, 0.0)) -> None:
        super().__init__()
        self._clock = clock
        self._delays = delays

    def __missing__(self, name: str) -> FakeCollection:
        self[name] = FakeCollection(self._clock, self._delays)
        return self[name]


def evaluate(rule: Any, document: Mapping[str, Any], now: datetime) -> Any:
    """The value of `rule` for `document` when the database's clock shows `now`."""
    if rule == "$$NOW":
        return now
    if isinstance(rule, str) and rule.startswith("$"):
        return document.get(rule[1:])
    if not isinstance(rule, dict):
        return rule
    [(name, operand)] = rule.items()
    if name == "$dateAdd":
        return _date_add({part: evaluate(value, document, now) for part, value in operand.items()})
    operands = operand if isinstance(operand, list) else [operand]
    return _OPERATORS[name](*(evaluate(value, document, now) for value in operands))


def _date_add(given: Mapping[str, Any]) -> datetime:
    assert given["unit"] == "millisecond"
    moment: datetime = given["startDate"]
    return moment + timedelta(milliseconds=given["amount"])


def _to_long(value: datetime | float) -> int:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else int(value)


def _less(left: Any, right: Any) -> bool:
    return left is None if right is not None and left is None else left is not None and left < right


_OPERATORS: Mapping[str, Callable[..., Any]] = {
    "$add": lambda *values: sum(values),
    "$subtract": lambda left, right: left - right,
    "$multiply": lambda *values: math.prod(values),
    "$pow": lambda base, exponent: base**exponent,
    "$max": lambda *values: max(value for value in values if value is not None),
    "$min": lambda *values: min(value for value in values if value is not None),
    "$toLong": _to_long,
    "$cond": lambda test, then, otherwise: then if test else otherwise,
    "$gte": lambda left, right: left >= right,
    "$eq": lambda left, right: left == right,
    "$lt": _less,
    "$or": lambda *values: any(values),
    "$and": lambda *values: all(values),
    "$ifNull": lambda value, otherwise: otherwise if value is None else value,
}
