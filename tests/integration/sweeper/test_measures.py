"""The whole system is measured from its database, by whoever leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from services.sweeper.measure_repository import MeasureRepository
from services.sweeper.measures import Measures, forget
from shared.clock import SystemClock
from shared.lease import Lease
from shared.mongo import Database
from tests.builders import job_document
from tests.fakes import FakeClock
from tests.waiting import eventually

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _no_measures_of_others() -> Iterator[None]:
    forget()
    yield
    forget()


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def measured(database: Database) -> None:
    assert await Lease(database, "sweeper", "tester", 10.0).hold()
    await Measures(MeasureRepository(database), SystemClock(), 5.0).sweep()


async def test_empty_system_has_nothing_that_waits(database: Database) -> None:
    await measured(database)
    assert [told("asinflow_jobs", status=status) for status in ("PENDING", "WAITING", "PROCESSING", "PAUSED")] == [
        0
    ] * 4
    kinds = ("unsent_job", "unannounced_end", "pending_job", "job_without_progress")
    assert [told("asinflow_oldest_seconds", what=kind) for kind in kinds] == [0] * 4


async def test_what_waits_longest_is_told(database: Database) -> None:
    sent = {"submitted_at": ago(1)}
    await database["jobs"].insert_many(
        [
            job_document(created_at=ago(40)),
            job_document(created_at=ago(30)),
            job_document(created_at=ago(90), **sent),
            job_document(created_at=ago(500), status_reason="waits for one of your 5 running jobs to end", **sent),
            job_document(status="PROCESSING", created_at=ago(900), updated_at=ago(20), **sent),
            job_document(status="PROCESSING", created_at=ago(900), updated_at=ago(200), **sent),
            job_document(status="PAUSED", updated_at=ago(5000), **sent),
            job_document(status="COMPLETED", announced=True, completed_at=ago(9000), **sent),
            job_document(status="FAILED", announced=False, completed_at=ago(60), **sent),
        ]
    )
    await measured(database)
    statuses = {"PENDING": 3, "WAITING": 1, "PROCESSING": 2, "PAUSED": 1}
    assert {status: told("asinflow_jobs", status=status) for status in statuses} == statuses
    ages = {"unsent_job": 40, "pending_job": 90, "job_without_progress": 200, "unannounced_end": 60}
    for what, age in ages.items():
        assert told("asinflow_oldest_seconds", what=what) == pytest.approx(age, abs=10)
    assert told("asinflow_documents", collection="jobs") == 9


async def test_large_collections_are_counted_once_a_minute_and_failures_every_time(database: Database) -> None:
    clock = FakeClock()
    measures = Measures(MeasureRepository(database), clock, 5.0)
    assert await Lease(database, "sweeper", "tester", 10.0).hold()

    async def counted(seconds: float) -> list[float | None]:
        clock.time += seconds
        await measures.sweep()
        return [told("asinflow_documents", collection=name) for name in ("jobs", "failures")]

    assert await counted(0.0) == [0, 0]
    await database["jobs"].insert_one(job_document())
    await database["failures"].insert_one({})
    assert await counted(30.0) == [0, 1]
    assert await counted(30.0) == [1, 1]


async def test_pause_of_a_marketplace_is_told_and_added_up(database: Database) -> None:
    fresh = {"interval_us": 0, "blocks": 1, "next": 0}
    soon = (datetime.now(UTC).timestamp() + 100) * 1e6
    await database["pace"].insert_many(
        [
            {"_id": "amazon.co.jp", "blocked_until": soon, "open": True, **fresh},
            {"_id": "amazon.de", "blocked_until": 0, **fresh},
            {"_id": "amazon.fr", "blocked_until": 0, "open": True, **fresh},
        ]
    )
    before = told("asinflow_marketplace_blocked_seconds_total", marketplace="amazon.co.jp") or 0.0
    await measured(database)
    assert told("asinflow_marketplace_pause_seconds", marketplace="amazon.co.jp") == pytest.approx(100, abs=10)
    assert told("asinflow_marketplace_pause_seconds", marketplace="amazon.de") == 0
    circuits = {"amazon.co.jp": 2, "amazon.de": 0, "amazon.fr": 1}
    assert {name: told("asinflow_marketplace_circuit", marketplace=name) for name in circuits} == circuits
    assert (told("asinflow_marketplace_blocked_seconds_total", marketplace="amazon.co.jp") or 0.0) > before


async def test_sweeper_that_leads_no_more_forgets_what_it_measured(database: Database) -> None:
    assert await Lease(database, "sweeper", "tester", 10.0).hold()
    await Measures(MeasureRepository(database), SystemClock(), 0.05).sweep()
    assert told("asinflow_jobs", status="PENDING") == 0
    await eventually(lambda: told("asinflow_jobs", status="PENDING") is None)


async def test_commands_to_the_database_are_timed(database: Database) -> None:
    def count(command: str, outcome: str) -> float:
        labels = {"command": command, "outcome": outcome}
        return REGISTRY.get_sample_value("asinflow_database_command_seconds_count", labels) or 0.0

    before = count("find", "ok"), count("other", "error")
    await database["jobs"].find_one({})
    with pytest.raises(Exception, match="nonsense"):
        await database.command("nonsense")
    assert (count("find", "ok"), count("other", "error")) == (before[0] + 1, before[1] + 1)
