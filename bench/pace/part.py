"""One marketplace's pace, used by 1, 4 and 16 collectors, judged by the shop's own log of arrivals."""

from __future__ import annotations

import contextlib
import itertools
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.feeding import feed
from bench.pace.arrivals import judged, quantile
from bench.pace.reservation import reservation
from bench.pace.result import Result, Round, Row
from bench.servers import Servers, servers
from bench.services import Running, services
from deploy.local.storefront.asins import nth_asin
from shared.pacesteps import Limits

COLLECTORS = (1, 4, 16)
# In a full measurement one from 0.8 s on, where padding takes at most 6 ms.
INTERVAL_SECONDS, QUICK_INTERVAL_SECONDS = 1.0, 0.2
# So few that all collectors have something in hand, whatever the first one takes.
PREFETCH = 4
# The first requests make the connections and learn the database's clock.
FIRST_REQUESTS = 5
_LAG = "asinflow_pace_slot_lag_seconds_bucket"
_SLOTS = "asinflow_pace_slots_total"
_numbers = itertools.count(50_000)


def measure(quick: bool, run: Path) -> Result:
    """Each round with each number of collectors, their medians, and the cost of a reservation."""
    requests, rounds, interval = (25, 1, QUICK_INTERVAL_SECONDS) if quick else (40, 2, INTERVAL_SECONDS)
    found: list[Round] = []
    with servers(fsync=True, storefront=True, logs=run) as running, contextlib.ExitStack() as stack:
        cost = reservation(running, 800 if quick else 4_000)
        at_work: list[Running] = []
        for number in COLLECTORS:
            names = [f"collector-{n}" for n in range(sum(len(each.pids) for each in at_work) + 1, number + 1)]
            at_work.append(stack.enter_context(_collectors(running, names, interval)))
            found += [_round(running, at_work, requests, interval) for _ in range(rounds)]
    return {
        "interval_seconds": interval,
        "permitted_share": interval * 1e6 / Limits(interval, 0, 0).floor_us,
        "rows": [_row([each for each in found if each["collectors"] == number]) for number in COLLECTORS],
        "reservation": cost,
        "rounds": found,
    }


def _collectors(servers: Servers, names: Sequence[str], interval: float) -> contextlib.AbstractContextManager[Running]:
    return services(
        servers,
        dict.fromkeys(names, "services.collector"),
        ASINFLOW_UPSTREAM_URL=servers.endpoints["STOREFRONT_URL"],
        ASINFLOW_INTERVAL_SECONDS=str(interval),
        ASINFLOW_PREFETCH=str(PREFETCH),
    )


def _round(servers: Servers, at_work: Sequence[Running], requests: int, interval: float) -> Round:
    """Work for every collector for so many requests and some more, of which those requests are judged."""
    before = _told(at_work)
    # Towards the end not every collector has something in hand: those requests are not judged.
    asins = _fresh_asins(FIRST_REQUESTS + requests + 2 * PREFETCH)
    feed(servers, asins)
    lag, slots = (after - earlier for after, earlier in zip(_told(at_work), before, strict=True))
    arrivals = _arrivals(servers, asins)[FIRST_REQUESTS : FIRST_REQUESTS + requests]
    buckets = {float(bound): float(count) for bound, count in lag.items()}
    return {
        "collectors": sum(len(each.pids) for each in at_work),
        **judged(arrivals, interval),
        "lag_p50": quantile(buckets, 0.5),
        "lag_p99": quantile(buckets, 0.99),
        "slots": dict(slots),
    }


def _told(at_work: Sequence[Running]) -> tuple[Counter[str], Counter[str]]:
    """The collectors' own histogram of lags by upper bound, and what became of their slots."""
    lag: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    for running in at_work:
        for name in running.ports:
            text = httpx.get(f"{running.url(name)}/metrics").text
            for sample in (each for family in text_string_to_metric_families(text) for each in family.samples):
                if sample.name == _LAG:
                    lag[sample.labels["le"]] += int(sample.value)
                elif sample.name == _SLOTS:
                    slots[sample.labels["outcome"]] += int(sample.value)
    return lag, slots


def _arrivals(servers: Servers, asins: Sequence[str]) -> list[float]:
    """When each of these products was asked for, in order, in seconds since the epoch."""
    log = httpx.get(f"{servers.endpoints['STOREFRONT_URL']}/__storefront__/requests").json()
    wanted = set(asins)
    return sorted(entry["time"] for entry in log if entry["path"].partition("?")[0].rpartition("/")[2] in wanted)


def _fresh_asins(number: int) -> list[str]:
    return [nth_asin(each) for each in itertools.islice(_numbers, number)]


def _row(rounds: Sequence[Round]) -> Row:
    shares = [each["share_used"] for each in rounds]
    return {
        "collectors": rounds[0]["collectors"],
        "share_used": statistics.median(shares),
        "least_share": min(shares),
        "most_share": max(shares),
        "too_early": sum(each["too_early"] for each in rounds),
        "requests": sum(each["requests"] for each in rounds),
        "shortest_gap": min(each["shortest_gap"] for each in rounds),
        "lag_p50": statistics.median(each["lag_p50"] for each in rounds),
        "lag_p99": max(each["lag_p99"] for each in rounds),
        "missed": sum(each["slots"].get("missed", 0) for each in rounds),
    }
