"""Which request a piece of work belongs to: W3C Trace Context, carried in messages and stored on jobs.

Ids are carried always. Spans are made only where ASINFLOW_OTLP_ENDPOINT says who collects them (`shared.spans`);
without it this costs a context variable per message.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

# Of messages and of jobs; https://www.w3.org/TR/trace-context/ says what is in it.
TRACEPARENT = "traceparent"
_VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

Kind = Literal["server", "producer", "consumer", "client", "internal"]
Attributes = Mapping[str, str | int | float]

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


class SpanMaker(Protocol):
    """Makes spans and hands them to a collector."""

    def span(
        self, name: str, kind: Kind, parent: str | None, links: Iterable[str], attributes: Attributes
    ) -> AbstractContextManager[str]:
        """A span while the block runs; gives the traceparent of what happens within."""

    def record(self, name: str, parent: str, seconds: float, attributes: Attributes) -> None:
        """A span that has just ended."""

    def rename(self, name: str, attributes: Attributes) -> None:
        """What the current span turned out to be."""

    def close(self) -> None:
        """Hand over what is still held."""


_maker: SpanMaker | None = None


def use(maker: SpanMaker | None) -> None:
    """From now on spans are made by `maker`; None makes none."""
    global _maker  # noqa: PLW0603  one per process, as the log is
    _maker = maker


def close() -> None:
    """Hand over what is still held, and make no more spans."""
    if _maker is not None:
        _maker.close()
        use(None)


def current() -> str | None:
    """The traceparent of what is being done now, if it is part of a trace."""
    return _current.get()


def current_trace_id() -> str | None:
    return trace_id_of(_current.get())


def valid(traceparent: object) -> str | None:
    """`traceparent` if it is one; whatever else came in a header counts as none."""
    return traceparent if isinstance(traceparent, str) and _VALID.fullmatch(traceparent) else None


def trace_id_of(traceparent: object) -> str | None:
    """The trace that a traceparent belongs to; None where it is none."""
    known = valid(traceparent)
    return None if known is None else known[3:35]


def new_traceparent() -> str:
    """The beginning of a trace of which no spans are kept."""
    random = os.urandom(24).hex()
    return f"00-{random[:32]}-{random[32:]}-00"


def headers_of(job: Mapping[str, Any]) -> dict[str, Any]:
    """The header by which a message about a stored job goes on with the job's trace; none where it does anyway."""
    traceparent = valid(job.get(TRACEPARENT))
    return {} if traceparent is None or traceparent[3:35] == current_trace_id() else {TRACEPARENT: traceparent}


def enter(traceparent: object) -> None:
    """Belong to this trace until the current task ends."""
    _current.set(valid(traceparent))


class _Within:
    """Belongs to a trace while the block runs; a class, since a generator would cost as much as what it surrounds."""

    __slots__ = ("_token", "_traceparent")

    def __init__(self, traceparent: str) -> None:
        self._traceparent = traceparent

    def __enter__(self) -> None:
        self._token = _current.set(self._traceparent)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def continuing(traceparent: object) -> AbstractContextManager[None]:
    """Belong to this trace while the block runs; part of it already, or without a valid one, nothing changes."""
    given = valid(traceparent)
    if given is None or given[3:35] == current_trace_id():
        return contextlib.nullcontext()
    return _Within(given)


@contextlib.contextmanager
def span(
    name: str,
    kind: Kind = "internal",
    *,
    parent: object = None,
    links: Iterable[object] = (),
    attributes: Attributes | None = None,
) -> Iterator[None]:
    """A span while the block runs, below `parent` or else what is being done now.

    `links` are the other messages that are dealt with in it. Without a maker only the trace goes on.
    """
    above = valid(parent) or current()
    if _maker is None:
        with continuing(above):
            yield
        return
    with _maker.span(name, kind, above, filter(None, map(valid, links)), attributes or {}) as traceparent:
        token = _current.set(traceparent)
        try:
            yield
        finally:
            _current.reset(token)


def handling(
    type_: str, headers: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = (), **attributes: str
) -> AbstractContextManager[None]:
    """Around handling a message that came with `headers`, together with `others` of the same job."""
    parent = headers.get(TRACEPARENT)
    if _maker is None:
        return continuing(parent)
    links = [other.get(TRACEPARENT) for other in others]
    return span(f"process {type_}", "consumer", parent=parent, links=links, attributes=attributes)


@contextlib.contextmanager
def batch(name: str, parents: Iterable[str | None]) -> Iterator[None]:
    """Around work for several traces at once: it is shown in each, what is done within it in the first."""
    if _maker is None:
        yield
        return
    first, *others = dict.fromkeys(filter(None, parents)) or [None]
    started = time.monotonic()
    with span(name, parent=first, links=others):
        yield
    shown = {first[3:35] if first else None}
    for other in others:
        if other is not None and other[3:35] not in shown:
            shown.add(other[3:35])
            _maker.record(name, other, time.monotonic() - started, {})


def publishing(types: Sequence[str]) -> AbstractContextManager[None]:
    """Around handing messages of these types to the broker: what they cause is below it."""
    if _maker is None or not types or current() is None:
        return contextlib.nullcontext()
    attributes: dict[str, str | int | float] = {
        "messaging.system": "rabbitmq",
        "messaging.batch.message_count": len(types),
    }
    return span(f"send {types[0]}", "producer", attributes=attributes)


@contextlib.contextmanager
def request(traceparent: object) -> Iterator[None]:
    """A request from outside: goes on with the client's trace, or begins one."""
    given = valid(traceparent)
    if _maker is not None:
        with span("HTTP", "server", parent=given):
            yield
        return
    with continuing(given or new_traceparent()):
        yield


def recording() -> bool:
    """Whether `record` would note anything now."""
    return _maker is not None and current() is not None


def rename(name: str, **attributes: str | int | float) -> None:
    """Name the span that is being made after what it turned out to be."""
    if _maker is not None:
        _maker.rename(name, attributes)


def record(name: str, seconds: float, **attributes: str | int | float) -> None:
    """Note something that took `seconds` and has just ended; outside of any trace it is not noted."""
    if _maker is not None and (parent := current()) is not None:
        _maker.record(name, parent, seconds, attributes)
