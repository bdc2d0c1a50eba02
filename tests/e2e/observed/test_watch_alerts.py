"""Alerts fire when what they are about happens to the running system, and end with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.broker import put_garbage
from tests.e2e.observed.watcher import Watcher
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

OF_TRAFFIC = {"AsinflowMarketplaceBlocked", "AsinflowFailureStoreGrows"}
OF_OUTAGES = {"AsinflowNoLeader", "AsinflowServiceDown", "AsinflowBrokerUnreachable"}
GARBAGE = 100


def wait_for(watcher: Watcher, alerts: set[str]) -> None:
    """Return once each of them has fired and somebody was told; the first may be over when the last begins."""
    fired: set[str] = set()
    notified: set[str] = set()

    def told() -> bool:
        fired.update(watcher.firing())
        notified.update(watcher.notified())
        assert alerts <= fired & notified, f"fired: {fired}, notified of: {notified}"
        return True

    wait_until(told, 60)


def wait_for_the_end(watcher: Watcher, alerts: set[str]) -> None:
    def over() -> bool:
        assert not alerts & watcher.firing(), f"still firing: {watcher.firing()}"
        return True

    wait_until(over, 90)


@contextmanager
def stopped(system: System, *names: str) -> Iterator[None]:
    for name in names:
        system.stop(name)
    try:
        yield
    finally:
        for name in names:
            system.start(name)


def test_five_alerts_fire_and_end(system: System, watcher: Watcher) -> None:
    user = system.user()
    # Growth shows against what was seen before.
    wait_until(lambda: watcher.query("asinflow:failures:growth15m"), 60)
    wait_for_the_end(watcher, OF_TRAFFIC | OF_OUTAGES)
    with system.storefront.faults({"503": 1.0}):
        job_id = user.submit_asins(fresh_asins(5), marketplace="amazon.de")
        put_garbage(system.endpoints["AMQP_URL"], "aggregator.items_finished", GARBAGE)
        wait_for(watcher, OF_TRAFFIC)
    with stopped(system, "rabbitmq", "sweeper", "expander"):
        wait_for(watcher, OF_OUTAGES)
    wait_for_the_end(watcher, OF_TRAFFIC | OF_OUTAGES)
    assert user.wait_for_end(job_id)["status"] == "COMPLETED"
