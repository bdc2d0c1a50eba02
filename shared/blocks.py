"""Which marketplaces ask us to stay away, and until when: read from their paces, on the database's clock.

One look answers for all: the pace is the only record of it, so whoever wants to know, a user looking at a job included,
reads it here and nobody copies it.
"""

from __future__ import annotations

import re
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from shared.amazon.marketplaces import by_host
from shared.mongo import Collection, Document, database_errors

# A way out that nobody asked for so long is not in use: that it is free says nothing of the marketplace.
IN_USE_SECONDS = 600.0
FIELDS = {"blocked_until": 1, "probe_until": 1, "open": 1, "asked": 1, "reason": 1}
_LINE = re.compile(r"[@#]")


@dataclass(frozen=True)
class Block:
    """A marketplace none of whose ways is free: `seconds` from now until `until`, when it is asked again.

    `trying`: the pause is over, and one request is to find out whether the marketplace answers again.
    """

    marketplace: str
    until: datetime
    seconds: float
    reason: str
    trying: bool = False


def blocks_of(documents: Sequence[Document], now: datetime) -> dict[str, Block]:
    """The blocked marketplaces by name; `documents` are the paces of all lines (`<marketplace>[@egress]`)."""
    now_us = round(now.timestamp() * 1_000_000)
    lines: dict[str, list[Document]] = {}
    for document in documents:
        lines.setdefault(_LINE.split(document["_id"])[0], []).append(document)
    blocks = {}
    for marketplace, paces in lines.items():
        used = [pace for pace in paces if _closed(pace, now_us) or _asked_lately(pace, now_us)]
        if used and all(_closed(pace, now_us) for pace in used):
            blocks[marketplace] = _block(marketplace, min(used, key=_until), now_us)
    return blocks


def _block(marketplace: str, pace: Document, now_us: int) -> Block:
    until = max(_until(pace), now_us)
    moment = datetime.fromtimestamp(until / 1e6, UTC)
    trying = pace["blocked_until"] <= now_us
    return Block(marketplace, moment, (until - now_us) / 1e6, pace.get("reason", ""), trying)


def _closed(pace: Document, now_us: int) -> bool:
    return bool(pace.get("open")) or pace["blocked_until"] > now_us


def _asked_lately(pace: Document, now_us: int) -> bool:
    return bool(pace.get("asked", 0) > now_us - IN_USE_SECONDS * 1e6)


def _until(pace: Document) -> int:
    """When the line is asked again: after its pause, or after the answer to the request that tries it."""
    probing = pace.get("probe_until", 0) if pace.get("open") else 0
    return int(max(pace["blocked_until"], probing))


async def find_blocks(paces: Collection) -> dict[str, Block]:
    """The marketplaces that are blocked now, by name."""
    with database_errors():
        found = await paces.aggregate([{"$project": {**FIELDS, "now": "$$NOW"}}]).to_list(None)
    return blocks_of(found, found[0]["now"]) if found else {}


async def find_fetch_seconds(paces: Collection) -> dict[str, float]:
    """How long a page of each marketplace takes, by the way out that is slowest; none where it is not known yet."""
    return await _longest(paces, "fetch_us")


async def find_slowed_intervals(paces: Collection) -> dict[str, float]:
    """The interval, in seconds, of each marketplace that has slowed us down, by the way out that is slowest."""
    return await _longest(paces, "interval_us")


async def _longest(paces: Collection, field: str) -> dict[str, float]:
    with database_errors():
        found = await paces.find({field: {"$gt": 0}}, {field: 1}).to_list(None)
    seconds: dict[str, float] = {}
    for pace in found:
        name = _LINE.split(pace["_id"])[0]
        seconds[name] = max(seconds.get(name, 0.0), pace[field] / 1e6)
    return seconds


def marketplaces_of(job: Mapping[str, object]) -> tuple[str, ...]:
    """The marketplaces that a job's items may belong to, as far as its document tells; empty when it does not."""
    known = job.get("marketplaces")
    if isinstance(known, list):
        return tuple(known)
    request = job.get("request")
    if not isinstance(request, Mapping):
        return ()
    if request.get("marketplace"):
        return (str(request["marketplace"]),)
    found = by_host(urlsplit(str(request.get("url") or "")).hostname or "")
    return (found.name,) if found else ()


def longest(blocks: Mapping[str, Block], marketplaces: Several[str]) -> Block | None:
    """Of these marketplaces the block that lasts longest, if any is blocked."""
    return max((blocks[name] for name in marketplaces if name in blocks), key=lambda block: block.until, default=None)
