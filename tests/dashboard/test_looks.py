"""How the dashboard looks and reads: languages, light and dark, narrow screens, accessibility, what it may load."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from services.api.records import Job
from tests.dashboard.axe import CONTRAST, RULES, Axe, Rules, is_too_wide, turn_to
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage

VIEWS = (
    *("", "submit", "jobs", "products", "failures", "system", "samples"),
    *("schedules", "schedules/new", "webhooks", "webhooks/new"),
)
TABS = ("items", "results", "errors", "profit", "timeline", "audit", "exports", "details")
PHONE = {"width": 360, "height": 740}


def addresses(stage: Stage, jobs: dict[str, Job]) -> list[str]:
    (schedule, *_), (webhook, *_) = stage.world.schedules.schedules, stage.world.webhooks.webhooks
    return (
        [f"#/{view}" for view in VIEWS]
        + [f"#/schedules/{schedule}", f"#/schedules/{schedule}/edit", f"#/schedules/{schedule}/runs/{schedule}%3A1"]
        + [f"#/webhooks/{webhook}", f"#/webhooks/{webhook}/edit"]
        + [f"#/jobs/{jobs['large'].id}/{tab}" for tab in TABS]
        + ["#/products/amazon.co.jp/B000000001"]
    )


@pytest.mark.parametrize(
    ("tag", "title", "word"), [("en-US", "Jobs", "Completed"), ("ko-KR", "작업", "완료"), ("ja-JP", "ジョブ", "完了")]
)
def test_language_is_the_browsers(look: Opener, jobs: dict[str, Job], tag: str, title: str, word: str) -> None:
    page = look("#/jobs", locale=tag)
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.locator(".badge-completed")).to_have_text(word)
    assert page.evaluate("document.documentElement.lang") == tag[:2]


def test_language_and_appearance_are_switched_and_kept(look: Opener, jobs: dict[str, Job]) -> None:
    page = look("#/jobs", color_scheme="light")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    expect(page.locator("h1")).to_have_text("Jobs")
    light = page.evaluate(background)
    page.locator(".account summary").click()
    page.get_by_label("Appearance").select_option("dark")
    dark = page.evaluate(background)
    page.get_by_label("Language").select_option("ko")
    expect(page.locator("h1")).to_have_text("작업")
    page.reload()
    expect(page.locator("h1")).to_have_text("작업")
    assert light != dark == page.evaluate(background)


def test_dark_system_is_followed(look: Opener, jobs: dict[str, Job]) -> None:
    shade = "getComputedStyle(document.documentElement).backgroundColor"
    assert look(color_scheme="dark").evaluate(shade) != look(color_scheme="light").evaluate(shade)


@pytest.mark.parametrize(
    ("scheme", "tag", "rules"), [("light", "ja-JP", RULES), ("dark", "ko-KR", CONTRAST), ("light", "en-US", None)]
)
def test_every_view_fits_a_phone_and_is_accessible(
    look: Opener, stage: Stage, jobs: dict[str, Job], node_modules: Path, scheme: str, tag: str, rules: Rules | None
) -> None:
    """What other words cannot change is checked in one language."""
    page = look(viewport=PHONE, color_scheme=scheme, locale=tag, reduced_motion="reduce")
    axe, found = Axe(node_modules), []
    for address in addresses(stage, jobs):
        turn_to(page, address)
        if is_too_wide(page):
            found.append((address, "wider than the screen"))
        found += [] if rules is None else [(address, *each) for each in axe.complaints(page, rules)]
    assert found == []


def test_filter_of_items_takes_one_line_of_a_phone(look: Opener, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}", viewport=PHONE, locale="ko-KR")
    expect(page.locator(".segments label").first).to_be_visible()
    tops = "labels => labels.map(label => label.getBoundingClientRect().top)"
    assert len(set(page.locator(".segments label").evaluate_all(tops))) == 1


def test_columns_of_products_stand_under_their_names(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    right = "element => Math.round(element.getBoundingClientRect().right)"
    for address in ("#/products", f"#/jobs/{jobs['large'].id}/results"):
        page = look(address)
        for column, name in ((".product-price", "Price"), (".product-margin", "Margin")):
            cell = page.locator(f".product-row {column}").first
            head = page.locator(".product-head > *", has_text=name).last
            expect(head).to_have_text(name)
            assert head.evaluate(right) == cell.evaluate(right)


def test_keyboard_alone_gets_to_the_content(look: Opener, jobs: dict[str, Job]) -> None:
    page = look("#/jobs")
    expect(page.locator(".virtual-row").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


RING = """link => {
  const [ring, box] = [getComputedStyle(link), link.getBoundingClientRect()];
  const frame = link.parentElement.getBoundingClientRect();
  const reach = parseFloat(ring.outlineOffset) + parseFloat(ring.outlineWidth);
  return [parseFloat(ring.outlineWidth) > 0, box.top - reach >= frame.top, box.bottom + reach <= frame.bottom];
}"""


def test_ring_of_what_has_the_focus_is_seen_whole(look: Opener, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}")
    for link in (page.locator("nav a").nth(1), page.locator(".tabs a").nth(1)):
        link.locator("xpath=preceding-sibling::a[1]").focus()
        page.keyboard.press("Tab")
        expect(link).to_be_focused()
        assert link.evaluate(RING) == [True, True, True]


def test_pictures_come_from_the_named_hosts_only(browser: Browser, stage: Stage) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(stage.url)
        with page.expect_console_message(lambda message: "Content Security Policy" in message.text) as refused:
            page.evaluate("() => { new Image().src = 'http://127.0.0.1:9/a.png'; }")
    assert "img-src" in refused.value.text
