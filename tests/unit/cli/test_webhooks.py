"""Webhooks and schedules on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from services.api.deltas import DELTA_EXAMPLE
from services.api.schedules import RUN_EXAMPLE, SCHEDULE_EXAMPLE
from services.api.webhooks import DELIVERY_EXAMPLE, WEBHOOK_EXAMPLE
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.test_lists import page, query

HOOK = f"/v1/webhooks/{WEBHOOK_EXAMPLE['id']}"
HOOK_ID = WEBHOOK_EXAMPLE["id"]
SCHEDULE = f"/v1/schedules/{SCHEDULE_EXAMPLE['id']}"
SCHEDULE_ID = SCHEDULE_EXAMPLE["id"]


def test_webhook_is_made_and_its_secret_shown(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("POST", "/v1/webhooks", {**WEBHOOK_EXAMPLE, "secret": "whsec_abc"})
    shown = asinflow("webhooks", "create", "https://example.com/", "--event", "job.failed", "--event", "job.completed")
    assert "secret\twhsec_abc" in shown.stdout
    assert api.bodies() == [
        {"url": "https://example.com/", "events": ["job.failed", "job.completed"], "description": ""}
    ]


def test_webhooks_and_schedules_are_shown_and_changed(asinflow: CommandLine, api: FakeApi) -> None:
    for path, document in ((HOOK, WEBHOOK_EXAMPLE), (SCHEDULE, SCHEDULE_EXAMPLE)):
        api.on("GET", path, document)
        api.on("PATCH", path, document)
    assert asinflow.json("webhooks", "show", HOOK_ID) == WEBHOOK_EXAMPLE
    assert asinflow.json("schedules", "show", SCHEDULE_ID) == SCHEDULE_EXAMPLE
    assert "job.completed" in asinflow("webhooks", "show", HOOK_ID).stdout
    asinflow("webhooks", "change", HOOK_ID, "--event", "job.progressed", "--progress", "50")
    asinflow("schedules", "change", SCHEDULE_ID, "--cron", "0 7 * * *")
    assert api.bodies() == [{"events": ["job.progressed"], "progress": [50]}, {"cron": "0 7 * * *"}]
    for command in (["webhooks", "change", HOOK_ID], ["schedules", "change", SCHEDULE_ID]):
        assert asinflow(*command).exit_code == 2


def test_lines_left_out_of_a_schedule_are_told(asinflow: CommandLine, api: FakeApi, tmp_path: Path) -> None:
    bad = [{"line": 2, "input": "bad", "code": "length", "message": "is not an ASIN"}]
    answer = {**SCHEDULE_EXAMPLE, "counts": {"accepted": 30, "duplicate": 2, "invalid": 1}, "invalid": bad}
    api.on("POST", "/v1/schedules", answer)
    api.on("PATCH", SCHEDULE, answer)
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"type": "BULK_ASIN", "asins": ["bad"]}))
    made = asinflow("schedules", "create", "mornings", "0 6 * * *", str(job))
    changed = asinflow("schedules", "change", SCHEDULE_ID, "--job", str(job))
    for result in (made, changed):
        assert "2 named more than once" in result.stderr
        assert "1 left out" in result.stderr
        assert "line 2, bad: is not an ASIN" in result.stderr
        assert "bad" not in result.stdout
    assert asinflow.json("schedules", "create", "mornings", "0 6 * * *", str(job)) == answer


def test_delivery_is_shown_with_its_attempts(asinflow: CommandLine, api: FakeApi) -> None:
    delivery = {**DELIVERY_EXAMPLE, "body": "{}"}
    api.on("GET", f"{HOOK}/deliveries/d", delivery)
    assert asinflow.json("webhooks", "delivery", HOOK_ID, "d") == delivery
    assert "STATUS\tMS" in asinflow("webhooks", "delivery", HOOK_ID, "d").stdout


def test_webhooks_and_deliveries_are_listed(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/webhooks", page(WEBHOOK_EXAMPLE))
    api.on("GET", f"{HOOK}/deliveries", page(DELIVERY_EXAMPLE))
    assert asinflow.json("webhooks", "list") == [WEBHOOK_EXAMPLE]
    assert HOOK_ID in asinflow("webhooks", "list").stdout
    assert asinflow.json("webhooks", "deliveries", HOOK_ID, "--state", "delivered") == [DELIVERY_EXAMPLE]
    assert query(api.requests[-1]) == {"state": "delivered", "limit": "50"}
    assert DELIVERY_EXAMPLE["id"] in asinflow("webhooks", "deliveries", HOOK_ID).stdout


def test_webhook_is_tried_switched_and_given_a_new_secret(asinflow: CommandLine, api: FakeApi) -> None:
    delivery = DELIVERY_EXAMPLE["id"]
    api.on("POST", f"{HOOK}/ping", DELIVERY_EXAMPLE)
    api.on("POST", f"{HOOK}/deliveries/{delivery}/replay", DELIVERY_EXAMPLE)
    api.on("POST", f"{HOOK}/rotate-secret", {**WEBHOOK_EXAMPLE, "secret": "whsec_new"})
    api.on("PATCH", HOOK, WEBHOOK_EXAMPLE)
    api.on("DELETE", HOOK, httpx.Response(204))
    assert asinflow.json("webhooks", "ping", HOOK_ID)["id"] == delivery
    assert asinflow.json("webhooks", "replay", HOOK_ID, delivery)["id"] == delivery
    assert asinflow.json("webhooks", "rotate", HOOK_ID, "--overlap", "1")["secret"] == "whsec_new"
    asinflow("webhooks", "off", HOOK_ID)
    asinflow("webhooks", "on", HOOK_ID)
    sent = [json.loads(request.content) for request in api.requests[-3:]]
    assert sent == [{"overlap_hours": 1.0}, {"enabled": False}, {"enabled": True}]
    assert asinflow("webhooks", "delete", HOOK_ID).stdout == f"{HOOK_ID} deleted\n"


def test_schedule_is_made_from_a_file(asinflow: CommandLine, api: FakeApi, tmp_path: Path) -> None:
    api.on("POST", "/v1/schedules", SCHEDULE_EXAMPLE)
    job = tmp_path / "job.json"
    job.write_text('{"type": "KEYWORD", "keyword": "x"}')
    made = asinflow.json("schedules", "create", "mornings", "0 6 * * *", str(job), "--timezone", "Europe/Berlin")
    assert made == SCHEDULE_EXAMPLE
    [sent] = api.bodies()
    assert (sent["cron"], sent["timezone"], sent["job"]["keyword"]) == ("0 6 * * *", "Europe/Berlin", "x")
    job.write_text("no JSON")
    assert asinflow("schedules", "create", "mornings", "0 6 * * *", str(job)).exit_code == 2


def test_schedules_runs_and_deltas_are_shown(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("GET", "/v1/schedules", page(SCHEDULE_EXAMPLE))
    api.on("GET", f"{SCHEDULE}/runs", page(RUN_EXAMPLE))
    api.on("GET", f"{SCHEDULE}/runs/r/delta", DELTA_EXAMPLE)
    assert asinflow.json("schedules", "list") == [SCHEDULE_EXAMPLE]
    assert SCHEDULE_EXAMPLE["next_runs"][0] in asinflow("schedules", "list").stdout
    assert asinflow.json("schedules", "runs", SCHEDULE_ID) == [RUN_EXAMPLE]
    assert asinflow.json("schedules", "delta", SCHEDULE_ID, "r", "--change", "price_down") == DELTA_EXAMPLE
    assert query(api.requests[-1]) == {"change": "price_down"}
    assert "price_down" in asinflow("schedules", "delta", SCHEDULE_ID, "r").stdout


def test_schedule_is_paused_and_goes_on(asinflow: CommandLine, api: FakeApi) -> None:
    api.on("PATCH", SCHEDULE, SCHEDULE_EXAMPLE)
    api.on("DELETE", SCHEDULE, httpx.Response(204))
    asinflow("schedules", "pause", SCHEDULE_ID)
    asinflow("schedules", "resume", SCHEDULE_ID)
    assert api.bodies() == [{"paused": True}, {"paused": False}]
    assert asinflow("schedules", "delete", SCHEDULE_ID).stdout == f"{SCHEDULE_ID} deleted\n"


def test_job_of_a_schedule_is_changed_from_a_file(asinflow: CommandLine, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "job.json"
    file.write_text('{"type": "KEYWORD", "keyword": "cards"}', encoding="utf-8")
    api.on("PATCH", f"/v1/schedules/{SCHEDULE_ID}", SCHEDULE_EXAMPLE)
    api.on("GET", f"/v1/schedules/{SCHEDULE_ID}/products", {"items": [{"marketplace": "amazon.de", "asin": "B0"}]})
    assert asinflow.json("schedules", "change", SCHEDULE_ID, "--job", str(file)) == SCHEDULE_EXAMPLE
    assert api.bodies()[-1] == {"job": {"type": "KEYWORD", "keyword": "cards"}}
    assert asinflow("schedules", "products", SCHEDULE_ID).stdout == "MARKETPLACE\tASIN\namazon.de\tB0\n"
