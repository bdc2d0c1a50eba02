"""What addresses show that lead nowhere, or where the reader may not go."""

from __future__ import annotations

from playwright.sync_api import expect

from services.api.records import Job
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage
from tests.unit.api.builders import asin


def test_address_that_no_view_has_is_told(look: Opener, stage: Stage) -> None:
    page = look("#/bogus")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(page.locator("main")).to_contain_text("#/bogus")
    expect(page.locator("nav [aria-current]")).to_have_count(0)
    page.goto(f"{stage.url}/#/jobs")
    expect(page.get_by_role("heading", name="Jobs", exact=True)).to_be_visible()
    page.goto(f"{stage.url}/#/%E0%A4")  # not encoded as any address is
    expect(page.locator("main")).to_contain_text("#/%E0%A4")


def test_reason_of_a_refused_address_is_told_once(look: Opener, stage: Stage) -> None:
    page = look("#/submit", locale="ko-KR")
    page.get_by_role("radio", name="페이지").check()
    page.get_by_label("페이지 주소").fill("javascript:alert(1)")
    expect(page.locator(".quote .field-error")).to_have_text("주소: https 주소만 가져올 수 있습니다.")


def test_refusal_is_told_in_the_readers_language(look: Opener, stage: Stage) -> None:
    page = look("#/submit", locale="ja-JP")
    page.get_by_label("商品(1行に1つ)").fill(asin(1))
    page.get_by_text("詳細オプション").click()
    page.get_by_label("目標利益率(%)").fill("60")
    told = page.locator(".quote .field-error")
    expect(told).to_have_text("目標利益率(%): 50 以下にしてください。")


def test_failures_offer_nothing_to_who_may_not_see_them(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/failures", token=stage.token("jobs:read"))
    expect(page.get_by_role("alert")).to_contain_text("does not allow")
    expect(page.get_by_role("button", name="these")).to_have_count(0)
