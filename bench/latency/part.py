"""Latency as users have it, requests a second, and the cost of listeners: the whole system at work."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bench.collecting.contest import shop
from bench.latency.fanout import fan_out
from bench.latency.journeys import cancels, journeys, load
from bench.latency.result import Result
from bench.latency.user import fresh_products, submit
from bench.meter import Meter
from bench.programs import program, said, tell
from bench.servers import Servers, servers
from bench.services import Running, services

BOTH = {"ASINFLOW_MARKETPLACES": "amazon.co.jp,amazon.com", "ASINFLOW_MAX_STREAMS_PER_USER": "2000"}
# Those that fetch, and those that only make load: the marketplaces keep them apart.
FETCHING = {"ASINFLOW_MARKETPLACES": "amazon.com"}
CONNECTIONS = 16
LISTENERS, QUICK_LISTENERS = 1_000, 200


def measure(quick: bool, run: Path) -> Result:
    """Journeys alone and beside a large job, cancels, the API's rates, and the crowd of listeners."""
    count, items, requests = (5, 60_000, 600) if quick else (60, 250_000, 4_000)
    with (
        servers(fsync=True, storefront=True, logs=run) as running,
        services(running, {"api": "services.api"}, **BOTH) as api,
    ):
        behind = ("expander", "aggregator", "sweeper")
        with services(running, {name: f"services.{name}" for name in behind}, **BOTH):
            upstream = {"ASINFLOW_UPSTREAM_URL": running.endpoints["STOREFRONT_URL"]}
            with services(running, {"collector-1": "services.collector"}, **FETCHING, **upstream):
                found = _journeys(running, api, count, items)
            found["crowd"] = _fan_out(running, api, quick=quick)
        # With nobody behind it, what is submitted stays where it is.
        found["api"] = _rates(running, api, requests)
    return found


def _journeys(running: Servers, api: Running, count: int, items: int) -> dict[str, Any]:
    with api.client("traveller") as user:
        journeys(user, api, 2)
        alone = journeys(user, api, count)
        with services(running, {"load-1": "bench.pipeline.noop"}), load(api, items) as told:
            beside = journeys(user, api, count)
        cancelled = cancels(user, api, max(3, count // 6))
    return {"alone": alone, "under_load": beside, "load": told, "cancel_to_last_fetch": cancelled}


def _fan_out(running: Servers, api: Running, *, quick: bool) -> dict[str, Any]:
    size = {"pages": 63, "rounds": 1} if quick else {"pages": 420, "rounds": 5}
    listeners = QUICK_LISTENERS if quick else LISTENERS
    with (
        shop(running) as (address, _),
        services(running, {"collector-2": "services.collector"}, ASINFLOW_UPSTREAM_URL=address) as collectors,
    ):
        return fan_out(api, collectors.pids["collector-2"], listeners=listeners, **size)


def _rates(running: Servers, api: Running, requests: int) -> dict[str, Any]:
    """Requests a second over 16 connections, and the API's CPU time for each."""
    with api.client("hasty") as user:
        job_id = submit(user, fresh_products(10))
    body = json.dumps({"type": "BULK_ASIN", "asins": fresh_products(10)})
    orders = {
        "create": {"method": "POST", "path": "/v1/jobs", "body": body},
        "get": {"method": "GET", "path": f"/v1/jobs/{job_id}", "body": ""},
    }
    meter, log, found = Meter({"api": [api.pids["api"]]}), running.log("http"), {}
    asked = {"url": api.url("api"), "token": api.token("hasty"), "connections": CONNECTIONS}
    with program([sys.executable, "-m", "bench.latency.http"], {}, log, talks=True) as process:
        said(process, log)
        for name, order in orders.items():
            for number in (CONNECTIONS * 5, requests):  # the first ones warm up
                before = meter.cpu_seconds()["api"]
                tell(process, json.dumps({**asked, **order, "requests": number}))
                found[name] = json.loads(said(process, log))
                found[name]["api_cpu_us"] = (meter.cpu_seconds()["api"] - before) / found[name]["requests"] * 1e6
    return found
