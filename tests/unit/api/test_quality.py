"""Quality gates over HTTP: asked for with a job, told with its end, and not mentioned otherwise."""

import json
from typing import Any

import httpx
import pytest

from shared.jobs import JobStatus
from shared.quality import Quality
from tests.unit.api.builders import JOB_SETTINGS, asin, bearer, job
from tests.unit.api.conftest import World

GATE = {"min_success_rate": 90, "min_coverage": {"price": 95.5}}


async def submit(client: httpx.AsyncClient, gate: Any) -> httpx.Response:
    body = {"type": "BULK_ASIN", "asins": [asin(1)], "settings": {"quality_gate": gate}}
    return await client.post("/v1/jobs", json=body, headers=bearer())


async def test_gate_is_kept_with_the_job(client: httpx.AsyncClient, world: World) -> None:
    shown = (await submit(client, GATE)).json()
    assert (shown["settings"]["quality_gate"], "quality" in shown) == (GATE, False)
    uploaded = await client.post(
        "/v1/jobs",
        params={"quality_gate": json.dumps(GATE)},
        content=asin(1),
        headers={**bearer(), "Content-Type": "text/plain"},
    )
    assert uploaded.json()["settings"]["quality_gate"] == GATE


async def test_job_without_a_gate_says_nothing_of_quality(client: httpx.AsyncClient, world: World) -> None:
    path = f"/v1/jobs/{world.jobs.put(job()).id}"
    cancelled = (await client.post(path + "/cancel", headers=bearer())).json()
    assert "quality" not in cancelled
    assert "quality_gate" not in cancelled["settings"]


@pytest.mark.parametrize(
    "gate",
    [
        {},
        {"min_success_rate": 101},
        {"min_coverage": {"price": -1}},
        {"min_coverage": {"notes": 50}},
        {"min_coverage": {}},
        {"nonsense": 1},
    ],
)
async def test_gate_that_makes_no_sense_is_refused(client: httpx.AsyncClient, gate: dict[str, Any]) -> None:
    refused = await submit(client, gate)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"].startswith("settings.quality_gate")


async def test_cancelled_job_has_its_verdict_at_once_and_tells_it(client: httpx.AsyncClient, world: World) -> None:
    gated = world.jobs.put(job(settings={**JOB_SETTINGS, "quality_gate": GATE}, progress=1, success_count=1))
    cancelled = (await client.post(f"/v1/jobs/{gated.id}/cancel", headers=bearer())).json()
    reason = {"rule": "min_success_rate", "wanted": 90, "got": 33.33}
    assert cancelled["quality"] == {"status": "failed", "reasons": [reason]}
    [message] = world.broker.published
    assert json.loads(message.body)["quality"] == cancelled["quality"]


async def test_stream_ends_with_the_verdict(client: httpx.AsyncClient, world: World) -> None:
    settings = {**JOB_SETTINGS, "quality_gate": GATE}
    done = job(status=JobStatus.COMPLETED, settings=settings, quality=Quality(status="passed", reasons=()))
    stream = await client.get(f"/v1/jobs/{world.jobs.put(done).id}/events", headers=bearer())
    last = stream.text.strip().split("\n\n")[-1]
    assert '"quality":{"status":"passed","reasons":[]}' in last


def test_job_that_waits_for_its_verdict_is_not_over() -> None:
    settings = {**JOB_SETTINGS, "quality_gate": GATE}
    assert not job(status=JobStatus.COMPLETED, settings=settings).over
    assert job(status=JobStatus.COMPLETED).over
    assert not job().over
