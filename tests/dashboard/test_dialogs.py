"""Dialogs, menus and the door: accessible and in bounds, on a phone, in another language."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from services.api.records import Job
from tests.dashboard.axe import Axe, is_too_wide, turn_to
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage
from tests.dashboard.words import WORDS as ALL_WORDS

PHONE = {"width": 360, "height": 740}
WORDS = ALL_WORDS["ja"]


def test_door_is_accessible(look: Opener, stage: Stage, node_modules: Path) -> None:
    page = look(token=None, viewport=PHONE, locale="ja-JP", reduced_motion="reduce")
    page.get_by_label(WORDS["signin.token"]).fill("nonsense")
    page.get_by_role("button", name=WORDS["signin.enter"]).click()
    expect(page.get_by_role("alert")).to_have_text(WORDS["signin.malformed"])
    assert Axe(node_modules).complaints(page) == []


def test_dialogs_and_menus_are_accessible(look: Opener, stage: Stage, jobs: dict[str, Job], node_modules: Path) -> None:
    page = look(viewport=PHONE, locale="ja-JP", reduced_motion="reduce")
    (*_, webhook), axe = stage.world.webhooks.webhooks, Axe(node_modules)
    running, large = (f"#/jobs/{jobs[name].id}" for name in ("running", "large"))
    found = []
    for address, action in (
        (running, "action.cancel"),
        (large, "action.recollect"),
        (large, "action.delete"),
        (f"#/webhooks/{webhook}", "webhooks.rotate"),
    ):
        turn_to(page, address)
        page.get_by_role("button", name=WORDS[action], exact=True).click()
        found += _looked_at(page, axe, action)
    for address, row in (("#/failures", ".failure-row"), (f"#/webhooks/{webhook}", ".delivery-row")):
        turn_to(page, address)
        page.locator(row).first.get_by_role("button").first.click()
        found += _looked_at(page, axe, row)
    page.locator(".account summary").click()
    found += [("menu", *each) for each in axe.complaints(page)]
    page.keyboard.press("Escape")
    expect(page.locator(".account summary")).to_be_focused()
    expect(page.locator(".account")).not_to_have_attribute("open", "")
    assert found == []


def _looked_at(page: Page, axe: Axe, name: str) -> list[tuple[str, ...]]:
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator("[aria-busy]")).to_have_count(0)
    found = [(name, *each) for each in axe.complaints(page)]
    assert not is_too_wide(page), name
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    return found
