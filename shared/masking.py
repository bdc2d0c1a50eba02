"""Secrets never reach a log, an error or the failure store: what looks like one is masked. Pure."""

from __future__ import annotations

import re
from typing import Any

MASK = "***"
# Parts of a name that tell that its value is nobody else's business.
SECRET_WORDS = (
    "authorization",
    "password",
    "passwd",
    "secret",
    "token",
    "cookie",
    "api_key",
    "apikey",
    "amqp_url",
    "mongo_url",
    "management_url",
)
# Each takes time in proportion to the text, whatever it is: texts come from outside, too.
_RULES = (
    # The account of an address: its password, which may itself hold an @, or all of it where it has only one part.
    (re.compile(r"(?<=://)([^\s/?#'\"<>:@]*):[^\s/?#'\"<>]+@"), rf"\1:{MASK}@"),
    (re.compile(r"(?<=://)[^\s/?#'\"<>:@]+@"), f"{MASK}@"),
    # A signed token: three parts of base64url, the first of which is a JSON object.
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*"), MASK),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {MASK}"),
    # name=value and "name": "value", as query strings and printed documents have them.
    (
        re.compile(
            r"(?i)((?:passw(?:or)?d|secret|token|api[_-]?key|authorization)[\w-]{0,32}[\"']?\s{0,3}[=:]\s{0,3}[\"']?)"
            r"(?!bearer\b|basic\b|\*\*\*)[^\s\"'&,;}\])]+"
        ),
        rf"\1{MASK}",
    ),
)


def is_secret_name(name: str) -> bool:
    """Whether a field, header or setting of that name holds a secret."""
    plain = name.lower().replace("-", "_")
    return any(word in plain for word in SECRET_WORDS)


def mask(text: str) -> str:
    """`text` without the accounts of addresses, tokens and passwords that it names."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def mask_within(value: Any) -> Any:
    """The same value with every text in it masked, and what stands under the name of a secret."""
    match value:
        case str():
            return mask(value)
        case dict():
            return {name: MASK if is_secret_name(str(name)) else mask_within(part) for name, part in value.items()}
        case list() | tuple():
            return type(value)(mask_within(part) for part in value) if type(value) in (list, tuple) else value
        case _:
            return value
