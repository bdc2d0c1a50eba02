"""Quality gates in the dashboard: asked for with a job, told with its end."""

from __future__ import annotations

from playwright.sync_api import expect

from services.api.records import Job
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage
from tests.unit.api.builders import asin


def test_gate_is_asked_for_with_a_job(look: Opener, stage: Stage) -> None:
    page = look("#/submit")
    page.get_by_label("Products, one a line").fill(asin(1))
    page.get_by_text("More options").click()
    page.get_by_label("Success rate, %").fill("95")
    for field in ("Price", "Brand"):
        page.get_by_label("Require a field").select_option(label=field)
        expect(page.get_by_label(f"{field} known, %")).to_be_focused()
    page.get_by_label("Price known, %").fill("99.5")
    page.get_by_role("button", name="Do not require: Brand").click()
    expect(page.get_by_label("Require a field")).to_be_focused()
    page.get_by_role("button", name="Submit job").click()
    expect(page.locator(".gate-told")).to_contain_text("Price of at least 99.5%")
    (stored,) = stage.world.jobs.jobs.values()
    assert stored.settings["quality_gate"] == {"min_success_rate": 95, "min_coverage": {"price": 99.5}}


def test_gate_goes_with_an_uploaded_list(look: Opener, stage: Stage) -> None:
    page = look("#/submit")
    page.locator("#file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": asin(7).encode()})
    page.get_by_text("More options").click()
    page.get_by_label("Success rate, %").fill("95")
    page.get_by_role("button", name="Submit job").click()
    expect(page.locator(".gate-told")).to_contain_text("at least 95% succeed")
    (stored,) = stage.world.jobs.jobs.values()
    assert stored.settings["quality_gate"] == {"min_success_rate": 95, "min_coverage": {}}


def test_verdict_is_told_with_its_reasons(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/jobs")
    expect(page.get_by_text("Quality gate not passed")).to_have_count(1)
    page.goto(f"{stage.url}/#/jobs/{jobs['large'].id}")
    expect(page.locator(".gate-told")).to_have_text(
        "Quality gate not passedSuccess rate: 99.94% of the 99.95% asked for"
    )
