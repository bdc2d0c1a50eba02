"""`asinflow trace` on the API as it is: every step of a job, and the id by which its log lines are found."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from cli.main import app
from cli.session import Session
from tests.integration.api.conftest import Running
from tests.unit.api.builders import asin, bearer

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
BULK = {"type": "BULK_ASIN", "asins": [asin(1)]}


async def trace(api: Running, tmp_path: Path, *arguments: str) -> Result:
    """The command as the job's user runs it."""
    token = bearer()["Authorization"].removeprefix("Bearer ")
    session = Session({"ASINFLOW_API_URL": str(api.client.base_url), "ASINFLOW_TOKEN": token}, (tmp_path,))
    return await asyncio.to_thread(CliRunner().invoke, app, ["trace", *arguments], obj=session)


async def test_every_step_is_told_with_the_trace_of_the_request(api: Running, tmp_path: Path) -> None:
    headers = {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}
    accepted = (await api.client.post("/v1/jobs", json=BULK, headers=headers)).json()
    for step in ("pause", "resume", "cancel"):
        (await api.client.post(f"/v1/jobs/{accepted['id']}/{step}")).raise_for_status()

    result = await trace(api, tmp_path, accepted["id"])
    entries = json.loads((await trace(api, tmp_path, accepted["id"], "--json")).stdout)

    rows = [line.split("\t") for line in result.stdout.splitlines()[1:]]
    steps = [("submit", "PENDING"), ("pause", "PAUSED"), ("resume", "PENDING"), ("cancel", "CANCELLED")]
    assert [(row[3], row[4]) for row in rows] == steps
    assert [(entry["kind"], entry["after"]) for entry in entries] == steps
    assert all(row[1].startswith("+") for row in rows)
    assert accepted["trace_id"] == TRACE_ID
    assert result.stderr == f"trace {TRACE_ID}\n"


async def test_a_request_without_a_trace_begins_one(api: Running) -> None:
    accepted = (await api.client.post("/v1/jobs", json=BULK)).json()
    shown = (await api.client.get(f"/v1/jobs/{accepted['id']}")).json()
    assert len(accepted["trace_id"]) == 32
    assert shown["trace_id"] == accepted["trace_id"]


async def test_anothers_job_is_not_told_of(api: Running, tmp_path: Path) -> None:
    accepted = (await api.client.post("/v1/jobs", json=BULK, headers=bearer("bob"))).json()
    result = await trace(api, tmp_path, accepted["id"])
    assert (result.exit_code != 0, result.stdout) == (True, "")
