"""What people do with webhooks in the dashboard."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from services.api.records import Job
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage


def described(stage: Stage, description: str) -> dict[str, Any]:
    return next(each for each in stage.world.webhooks.webhooks.values() if each["description"] == description)


def test_secret_of_a_new_webhook_is_shown_once(look: Opener, stage: Stage) -> None:
    page = look("#/webhooks/new")
    page.get_by_label("Address").fill("https://hooks.example/new")
    page.get_by_label("Description").fill("office")
    page.get_by_label("price.changed").check()
    page.get_by_role("button", name="Create webhook").click()
    secret = page.get_by_label("Signing secret")
    expect(secret).to_be_visible()
    expect(secret).to_have_value(described(stage, "office")["secrets"][0]["value"])
    page.keyboard.press("Escape")
    expect(secret).to_be_visible()  # not lost by a slip
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("heading", name="office")).to_be_visible()
    assert described(stage, "office")["secrets"][0]["value"] not in page.content()
    assert described(stage, "office")["events"] == ["job.completed", "job.failed", "price.changed"]


def test_refused_address_is_told_in_the_form(look: Opener, stage: Stage) -> None:
    page = look("#/webhooks/new")
    page.get_by_label("Address").fill("https://localhost/x")
    page.get_by_role("button", name="Create webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("open internet")
    assert stage.world.webhooks.webhooks == {}


def test_webhook_is_tried_and_its_delivery_looked_at(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/webhooks")
    page.get_by_role("link", name="warehouse", exact=True).click()
    expect(page.locator(".delivery-row")).to_have_count(4)
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".delivery-row")).to_have_count(5)
    expect(page.locator(".delivery-row").first).to_contain_text("ping")
    page.locator(".delivery-row").first.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("webhook_id")
    expect(page.get_by_role("dialog").get_by_role("button", name="Send again")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".delivery-row").first.get_by_role("button")).to_be_focused()


def test_failed_delivery_is_sent_again(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/webhooks")
    page.get_by_role("link", name="warehouse", exact=True).click()
    page.get_by_role("radio", name="Failed").check()
    expect(page.locator(".delivery-row")).to_have_count(1)
    page.locator(".delivery-row").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("timed out")
    page.get_by_role("dialog").get_by_role("button", name="Send again").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    states = [each["state"] for each in stage.world.webhooks.deliveries.values()]
    assert sorted(states) == ["delivered", "delivered", "pending", "pending"]


def test_secret_is_replaced_with_an_overlap(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    before = described(stage, "warehouse")["secrets"][0]["value"]
    page = look("#/webhooks")
    page.get_by_role("link", name="warehouse", exact=True).click()
    page.get_by_role("button", name="Replace secret").click()
    page.get_by_role("dialog").get_by_label("Overlap").select_option("1")
    page.get_by_role("dialog").get_by_role("button", name="Replace secret").click()
    expect(page.get_by_label("Signing secret")).not_to_have_value(before)
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text("Signs as well until")).to_be_visible()
    middle = described(stage, "warehouse")["secrets"][0]["value"]
    page.get_by_role("button", name="Replace secret").click()
    page.get_by_role("dialog").get_by_label("Stops at once").select_option("present")
    page.get_by_role("dialog").get_by_role("button", name="Replace secret").click()
    expect(page.get_by_label("Signing secret")).not_to_have_value(middle)
    page.get_by_role("button", name="I have kept it").click()
    assert [each["value"] == before for each in described(stage, "warehouse")["secrets"]] == [False, True]


def test_webhook_is_switched_on_again_and_deleted(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/webhooks")
    page.get_by_role("link", name="old warehouse").click()
    expect(page.get_by_text("its receiver answered 410 Gone")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()
    assert described(stage, "old warehouse")["disabled_reason"] is None
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Webhooks")).to_be_visible()
    assert [each["description"] for each in stage.world.webhooks.webhooks.values()] == ["warehouse"]


def test_long_address_leaves_its_state_readable(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    described(stage, "old warehouse").update(description="", url=f"https://hooks.example/{'asinflow' * 12}")
    page = look("#/webhooks", viewport={"width": 390, "height": 844}, locale="ko-KR", color_scheme="dark")
    link = page.get_by_role("link", name="https://hooks.example")
    address, state = (each.bounding_box() for each in (link, page.locator(".badge-paused")))
    assert address
    assert state
    assert address["x"] + address["width"] <= state["x"] or address["y"] + address["height"] <= state["y"]
