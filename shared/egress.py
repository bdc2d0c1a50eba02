"""Egress: the addresses from which marketplaces see requests come. Each has a pace of its own with each marketplace."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DIRECT = "direct"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Egress:
    """One way out: this machine's own address when `proxy` is None. The proxy's address may hold a password."""

    name: str = DIRECT
    proxy: str | None = field(default=None, repr=False)

    def line(self, marketplace: str) -> str:
        """Whose pace a request takes: the marketplace's own for the direct way, so that all who use it share it."""
        return marketplace if self.proxy is None else f"{marketplace}@{self.name}"


def parse_egress(text: str) -> tuple[Egress, ...]:
    """The ways out that a setting names: `direct`, or `name=address` of a proxy, separated by commas.

    Raises ValueError with what is wrong, never with an address, which may hold a password.
    """
    ways = tuple(_parse(part.strip()) for part in text.split(",") if part.strip())
    names = [way.name for way in ways]
    if len(set(names)) < len(names):
        raise ValueError("two entries have the same name; each way out has a name, and a pace, of its own")
    return ways or (Egress(),)


def _parse(entry: str) -> Egress:
    if entry == DIRECT:
        return Egress()
    name, separator, address = entry.partition("=")
    if not separator or not _NAME.fullmatch(name) or name == DIRECT:
        raise ValueError("each entry is `direct` or name=address; a name is of a-z, 0-9 and -, at most 32 long")
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"the address of {name} must begin with http:// or https:// (SOCKS is not supported)")
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"the address of {name} must be that of a proxy: http://[user:password@]host:port")
    return Egress(name, address)
