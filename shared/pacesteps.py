"""The updates of a pace's document, as MongoDB's pipelines: pure. Moments are microseconds since the epoch.

A pace is *closed* (requests leave, one per interval), *paused* after a block, and *open* once so many blocks came in a
row: then, after the pause, one request tries whether the marketplace answers again, and all others wait for what
becomes of it (a circuit breaker whose half-open state is one reservation in the database).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Step = dict[str, Any]

# Added to the interval, as a share and at most so much, so that leaving late in one window and early in the next one
# still keeps the distance; the rest of the pace stays usable. What the two may come to, 5 ms, it is from 0.7 s on.
PAD_SHARE = 0.0075
PAD_MAX_SECONDS = 0.006
SLOWEST_FACTOR = 16.0
SLOWEST_SECONDS = 1.0
# However long a marketplace asks us to stay away, it is asked again after this: it may have been a mistake.
RETRY_AFTER_MAX_SECONDS = 3600.0
# A slot further ahead than this and than so many intervals is not given out yet: nobody is kept waiting for long.
FAR_INTERVALS = 4
NOW_US = {"$multiply": [{"$toLong": "$$NOW"}, 1000]}
FRESH: Step = {
    "interval_us": 0,
    "blocks": 0,
    "next": 0,
    "blocked_until": 0,
    "open": False,
    "probe_until": 0,
    "prober": None,
}
LOOK: list[Step] = [{"$set": {"asked": NOW_US}}]


@dataclass(frozen=True)
class Limits:
    """The configured pace, in seconds.

    `blocks`: after so many in a row the circuit opens; `probe`: so long one request may take to try; `hold`: who would
    have to wait longer than this for the end of a pause is sent away instead.
    """

    interval: float
    pause: float
    pause_max: float
    blocks: int = 3
    probe: float = 45.0
    hold: float = 30.0

    @property
    def floor_us(self) -> int:
        """The configured interval with its padding."""
        return math.ceil((self.interval + min(PAD_MAX_SECONDS, self.interval * PAD_SHARE)) * 1_000_000)


@dataclass(frozen=True)
class Taken:
    """What a slot takes of its line, in microseconds since the epoch: the next one lies at `until` or later."""

    since: int
    until: int


def us(seconds: float) -> int:
    return round(seconds * 1_000_000)


def time_of(marketplace: str) -> list[Step]:
    """The same clock as in the updates, read: `now`."""
    return [{"$match": {"_id": marketplace}}, {"$project": {"now": NOW_US}}]


def reserve(limits: Limits, lead_us: int, name: str, *, instead: Taken | None = None, room_us: int = 0) -> list[Step]:
    """Take the next free slot if there is one to be had: `granted` tells. `room_us` is kept free around it.

    `name` is the asking process's; `instead`: the place of a slot that it gives up for this one. If nobody has a later
    one, that place is free again; and if it was to try whether the marketplace answers, it may go on trying.
    """
    interval = {"$max": ["$interval_us", limits.floor_us]}
    patience = {"$max": [us(limits.hold), {"$multiply": ["$used_us", FAR_INTERVALS]}]}
    free: Any = "$next"
    if instead is not None:
        free = {"$cond": [{"$eq": ["$next", instead.until]}, {"$max": [instead.since, "$blocked_until"]}, "$next"]}
    over: Step = {"$gte": ["$asked", "$blocked_until"]}
    idle: Step = {"$gte": ["$asked", "$probe_until"]}
    ours: Step = {"$and": [instead is not None, {"$eq": ["$prober", name]}]}
    may_try: Step = {"$or": [{"$eq": ["$open", False]}, {"$and": [over, {"$or": [idle, ours]}]}]}
    near: Step = {"$gte": [patience, {"$subtract": ["$slot", "$asked"]}]}
    probe = {"$add": ["$slot", us(limits.probe)]}
    return [
        {"$set": {"asked": NOW_US, "used_us": interval, "open": {"$ifNull": ["$open", False]}}},
        {"$set": {"slot": {"$add": [{"$max": [free, {"$add": ["$asked", lead_us]}]}, room_us // 2]}}},
        {"$set": {"granted": {"$and": [near, may_try]}}},
        {
            "$set": {
                "next": {"$cond": ["$granted", {"$add": ["$slot", "$used_us", room_us // 2]}, "$next"]},
                "probe_until": {"$cond": [{"$and": ["$granted", "$open"]}, probe, "$probe_until"]},
                "prober": {"$cond": [{"$and": ["$granted", "$open"]}, name, "$prober"]},
            }
        },
    ]


def give_back(limits: Limits, at: float) -> list[Step]:
    """The request that was to try at the moment `at` (seconds since the epoch) was not sent: another one may try."""
    given: Step = {"$eq": ["$probe_until", us(at) + us(limits.probe)]}
    return [{"$set": {"asked": NOW_US, "probe_until": {"$cond": [given, 0, "$probe_until"]}}}]


def block(limits: Limits, reason: str, retry_after: float) -> list[Step]:
    """A marketplace asked to slow down. Of answers that came together only the first lengthens the pause."""
    doubled: Step = {"$multiply": [us(limits.pause), {"$pow": [2, {"$min": ["$blocks", 16]}]}]}
    capped = {"$min": [doubled, us(max(limits.pause, limits.pause_max))]}
    asked_for = us(min(retry_after, RETRY_AFTER_MAX_SECONDS))
    until = {"$add": ["$asked", {"$toLong": {"$max": [capped, asked_for]}}]}
    # Also a later answer of the same incident may ask for more.
    longer: Step = {"$max": ["$blocked_until", {"$add": ["$asked", asked_for]}]}
    slowest = us(max(SLOWEST_SECONDS, limits.interval * SLOWEST_FACTOR))
    slower = {"$min": [slowest, {"$multiply": [2, {"$max": ["$interval_us", limits.floor_us, 10_000]}]}]}
    first = {"$gte": [NOW_US, "$blocked_until"]}

    def if_first(then: Any, name: str) -> Step:
        return {"$cond": ["$first", then, f"${name}"]}

    return [
        {"$set": {"asked": NOW_US, "first": first, "reason": reason}},
        {"$set": {"blocked_until": {"$cond": ["$first", until, longer]}, "blocks": if_first(_more, "blocks")}},
        {
            "$set": {
                "interval_us": if_first(slower, "interval_us"),
                "next": {"$max": ["$next", "$blocked_until"]},
                "open": {"$gte": ["$blocks", limits.blocks]},
                "probe_until": 0,
            }
        },
    ]


_more = {"$add": ["$blocks", 1]}


def ease(limits: Limits) -> list[Step]:
    """A request was answered as it should be: the circuit closes, and the interval is a step nearer to the configured.

    An answer to a request from before the block says nothing of how things are now.
    """
    step = max(5_000, us(limits.interval) // 10)
    floor = 0 if limits.interval == 0 else limits.floor_us
    over: Step = {"$gte": [NOW_US, "$blocked_until"]}

    def if_over(then: Any, name: str) -> Step:
        return {"$cond": [over, then, f"${name}"]}

    eased = {"$max": [floor, {"$subtract": ["$interval_us", step]}]}
    values = {
        "interval_us": if_over(eased, "interval_us"),
        "blocks": if_over(0, "blocks"),
        "open": if_over(False, "open"),
        "probe_until": if_over(0, "probe_until"),
    }
    return [{"$set": {"asked": NOW_US, **values}}]
