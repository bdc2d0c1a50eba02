"""Messages whose properties nobody can read are read as far as they can be.

Whoever may publish can write a time beyond all calendars, or names that are no UTF-8, into a message. RabbitMQ passes
that on unread; pamqp refuses the frame, with which the whole connection ends, for ever again with every redelivery.
Here such a property becomes what it says of itself, so that the message can be handled, or be kept as a failure.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import wraps
from typing import Any

from pamqp import decode

# The header that stands for all headers of a message when they cannot be read: their beginning, in hex.
UNREADABLE = "x-unreadable-headers"
SHOWN_BYTES = 1000

Decoder = Callable[[bytes], tuple[int, Any]]
# What pamqp's decoders raise; too large a time is an OverflowError or OSError, tables in tables a RecursionError.
_ERRORS = (ValueError, TypeError, OverflowError, OSError, KeyError, IndexError, RecursionError, struct.error)


def _otherwise(decoder: Decoder, substitute: Decoder) -> Decoder:
    """`decoder`, or what `substitute` makes of the bytes that it cannot read."""

    @wraps(decoder)
    def decoded(value: bytes) -> tuple[int, Any]:
        try:
            return decoder(value)
        except _ERRORS:
            return substitute(value)

    return decoded


def _no_time(_value: bytes) -> tuple[int, None]:
    return 8, None


def _text(value: bytes) -> tuple[int, str]:
    end = 1 + value[0]
    return end, value[1:end].decode("utf-8", "replace")


def _headers(value: bytes) -> tuple[int, dict[str, str]]:
    end = 4 + int.from_bytes(value[:4], "big")
    return end, {UNREADABLE: value[4 : min(end, 4 + SHOWN_BYTES)].hex()}


SUBSTITUTES: dict[str, Decoder] = {"timestamp": _no_time, "shortstr": _text, "table": _headers}


def tolerate() -> None:
    """Let pamqp read what it would refuse, in this process; again changes nothing."""
    for name, substitute in SUBSTITUTES.items():
        if not hasattr(decode.METHODS[name], "__wrapped__"):
            decode.METHODS[name] = _otherwise(decode.METHODS[name], substitute)
