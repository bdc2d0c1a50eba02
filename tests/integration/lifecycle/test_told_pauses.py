"""Pauses and resumes are told, also when the broker was away when they were made."""

from __future__ import annotations

import pytest

from services.sweeper import outbox
from services.sweeper.outbox import Outbox
from services.sweeper.settings import SweeperSettings
from shared.messages import JobPaused, JobResumed
from tests.integration.lifecycle.test_runs import stored
from tests.integration.lifecycle.world import USER, World


@pytest.fixture
def sweeper(world: World, monkeypatch: pytest.MonkeyPatch) -> Outbox:
    monkeypatch.setattr(outbox, "ANNOUNCE_AFTER_SECONDS", -1.0)  # it need not have waited
    return Outbox(world.sweeper, world.wire, SweeperSettings())


def told(world: World) -> list[str]:
    return [message.message_id for message in world.wire.waiting(JobPaused, JobResumed)]


async def test_what_the_broker_has_is_told_once(world: World, sweeper: Outbox) -> None:
    job_id = await world.submit(2)
    await world.life.pause(USER, job_id)
    await world.life.resume(USER, job_id)
    await sweeper.sweep()
    assert told(world) == [f"{job_id}:1:paused", f"{job_id}:2:resumed"]
    assert not {"news", "news_at"} & set(await stored(world, job_id))


async def test_what_was_not_told_is_told_by_the_sweeper_in_order(world: World, sweeper: Outbox) -> None:
    job_id = await world.submit(2)
    world.wire.down = True
    for step in (world.life.pause, world.life.resume, world.life.pause):
        await step(USER, job_id)
    world.wire.down = False
    for _ in range(2):
        await sweeper.sweep()
        assert told(world) == [f"{job_id}:1:paused", f"{job_id}:2:resumed", f"{job_id}:3:paused"]
    assert not {"news", "news_at"} & set(await stored(world, job_id))


async def test_pause_of_a_job_that_has_ended_meanwhile_is_still_told(world: World, sweeper: Outbox) -> None:
    job_id = await world.submit(2)
    world.wire.down = True
    await world.life.pause(USER, job_id)
    world.wire.down = False
    await world.life.cancel(USER, job_id)
    await sweeper.sweep()
    assert told(world) == [f"{job_id}:1:paused"]
