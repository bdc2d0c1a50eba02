"""A person and the whole system: submitted in the browser, watched there, its products found there."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from deploy.local.access import secret_of, user_token
from tests.dashboard.chromium import opened
from tests.e2e.storefront import fresh_asins
from tests.e2e.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_job_is_submitted_watched_and_found_in_the_browser(system: System) -> None:
    asins = fresh_asins(20)
    with opened() as browser:
        page = browser.new_page(locale="en-US")
        page.set_default_timeout(30_000)
        page.goto(f"{system.endpoints['API_URL']}/")
        page.get_by_label("Your token").fill(user_token(secret_of(system.folder)))
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="New job").first.click()
        page.get_by_label("Products, one a line").fill("\n".join(asins))
        page.get_by_role("button", name="Submit job").click()
        expect(page.locator(".head .badge")).to_have_text("Completed", timeout=60_000)
        expect(page.locator(".job-progress")).to_contain_text("20 / 20")
        page.get_by_role("link", name=asins[0]).click()
        expect(page.get_by_role("heading", name="Price history")).to_be_visible()
