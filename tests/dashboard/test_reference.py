"""The page of the HTTP interface looks like the dashboard, and reads without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.dashboard.axe import CONTRAST, RULES, Axe, Rules
from tests.dashboard.conftest import Opener
from tests.dashboard.test_looks import PHONE


@pytest.mark.parametrize(("scheme", "rules"), [("light", RULES), ("dark", CONTRAST)])
def test_page_of_the_interface_fits_a_phone_and_is_accessible(
    look: Opener, node_modules: Path, scheme: str, rules: Rules
) -> None:
    """What other colours cannot change is checked in one."""
    page = look("docs", token=None, viewport=PHONE, color_scheme=scheme)
    page.get_by_role("navigation").get_by_text("GET /jobs/{job_id}/audit").click()
    expect(page.get_by_role("heading", name="GET /v1/jobs/{job_id}/audit", exact=True)).to_be_in_viewport()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert Axe(node_modules).complaints(page, rules) == []
