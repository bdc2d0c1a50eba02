"""A campaign is the same for the same seed, and touches everything it could."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.amazon.marketplaces import MARKETPLACES
from tests.chaos.campaign import SHORT
from tests.chaos.faults import FAULTS, drawn, processes, storefront
from tests.chaos.jobs import USERS, planned_jobs


def test_equal_seeds_plan_equal_campaigns() -> None:
    assert planned_jobs(5, 2_000) == planned_jobs(5, 2_000) != planned_jobs(6, 2_000)
    assert drawn(5, 50) == drawn(5, 50) != drawn(6, 50)


@pytest.mark.parametrize("items", [1, 100, 5_000, 50_000])
def test_jobs_have_the_items_asked_for(items: int) -> None:
    total = sum(job.size for job in planned_jobs(1, items))
    assert items <= total <= items + 4_000


def test_jobs_are_of_every_kind_and_no_product_comes_twice() -> None:
    jobs = planned_jobs(1, 50_000)
    assert {job.request["type"] for job in jobs} == {"BULK_ASIN", "URL", "KEYWORD"}
    assert {job.deed for job in jobs} == {None, "cancel", "pause", "retry"}
    assert len({job.user for job in jobs}) == USERS
    asins = [asin for job in jobs for asin in job.request.get("asins", ())]
    assert len(set(asins)) == len(asins)
    assert {asin.split("/")[2] for asin in asins} == {f"www.{name}" for name in MARKETPLACES}


def test_every_fault_comes_before_any_comes_too_often() -> None:
    deck = sum(fault.weight for fault in FAULTS)
    assert Counter(drawn(3, deck)) == Counter({fault: fault.weight for fault in FAULTS})
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_short_form_has_faults_and_jobs_of_every_kind() -> None:
    faults = {fault.name for fault in drawn(SHORT.seed, SHORT.faults)}
    killed = {f"kill -9 {name}" for name in (*processes.SERVICES, "rabbitmq", "mongo")}
    assert killed | {"malformed messages", "duplicated messages", "purge queues"} <= faults
    assert faults & {fault.name for fault in storefront.FAULTS}
    jobs = planned_jobs(SHORT.seed, SHORT.items)
    assert {job.request["type"] for job in jobs} == {"BULK_ASIN", "URL", "KEYWORD"}
    assert {job.deed for job in jobs} == {None, "cancel", "pause", "retry"}
