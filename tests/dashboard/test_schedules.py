"""What people do with schedules in the dashboard."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from services.api.records import Job
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage
from tests.unit.api.builders import HOME, asin


def named(stage: Stage, name: str) -> dict[str, object]:
    return next(each for each in stage.world.schedules.schedules.values() if each["name"] == name)


def test_schedule_is_made_with_its_times_shown_before(look: Opener, stage: Stage) -> None:
    page = look("#/schedules")
    page.get_by_role("link", name="New schedule").first.click()
    page.get_by_label("Name").fill("mornings")
    page.get_by_label("Time zone").fill("Asia/Tokyo")
    page.get_by_label("Repeats").select_option("week")
    page.get_by_label("At", exact=True).fill("07:30")
    page.get_by_label("On", exact=True).select_option("3")
    expect(page.get_by_label("Cron expression")).to_have_value("30 7 * * 3")
    times = page.get_by_label("Next times").get_by_role("listitem")
    expect(times).to_have_count(5)
    expect(times.first).to_contain_text("Wed")
    expect(times.first).to_contain_text("7:30 AM GMT+9")
    page.get_by_label("Products, one a line").fill(f"{asin(1)}\nno product\n{asin(2)}")
    page.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_role("heading", name="mornings")).to_be_visible()
    expect(page.get_by_text("1 line names no product and is left out.")).to_be_visible()
    made = named(stage, "mornings")
    assert (made["cron"], made["timezone"], made["keys"]) == (
        "30 7 * * 3",
        "Asia/Tokyo",
        [f"{HOME}:{asin(1)}", f"{HOME}:{asin(2)}"],
    )


def test_zone_is_left_to_the_api_unless_one_is_chosen(look: Opener, stage: Stage) -> None:
    page = look("#/schedules/new", timezone_id="Europe/Berlin")
    expect(page.get_by_label("Time zone")).to_have_attribute("placeholder", "Asia/Tokyo")
    expect(page.get_by_text("Left empty: Asia/Tokyo")).to_be_visible()
    expect(page.get_by_label("Next times").get_by_role("listitem").first).to_contain_text("6:00 AM GMT+9")
    page.get_by_label("Name").fill("at home")
    page.get_by_label("Products, one a line").fill(asin(1))
    page.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_role("heading", name="at home")).to_be_visible()
    assert named(stage, "at home")["timezone"] == "Asia/Tokyo"


def test_times_that_came_are_told_in_the_schedules_zone(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    named(stage, "mornings")["timezone"] = "America/Bogota"
    page = look("#/schedules", timezone_id="Asia/Seoul")
    expect(page.locator(".schedule-next").filter(has_text="Next")).to_contain_text("GMT-5")
    page.get_by_role("link", name="mornings").click()
    expect(page.locator(".times li").first).to_contain_text("6:00 AM GMT-5")
    expect(page.locator(".run-row time").first).to_contain_text("GMT-5")


def test_job_is_had_made_regularly(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['running'].id}/details")
    page.get_by_role("link", name="Have it made regularly").click()
    page.get_by_label("Name").fill("cards at six")
    page.get_by_role("button", name="Create schedule").click()
    expect(page.get_by_role("heading", name="cards at six")).to_be_visible()
    asked: Any = named(stage, "cards at six")["job"]
    assert (asked["request"]["keyword"], asked["tags"]) == ("pokemon cards", ["cards", "autumn"])


def test_wrong_expression_is_told_while_it_is_typed(look: Opener, stage: Stage) -> None:
    page = look("#/schedules/new")
    page.get_by_label("Cron expression").fill("61 6 * * *")
    expect(page.get_by_label("Next times")).to_contain_text("cron")
    expect(page.get_by_label("Repeats")).to_have_value("custom")
    page.get_by_label("Cron expression").fill("15 * * * *")
    expect(page.get_by_label("Next times").get_by_role("listitem")).to_have_count(5)
    expect(page.get_by_label("Repeats")).to_have_value("hour")


def test_schedule_is_paused_resumed_and_edited(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/schedules")
    page.get_by_role("button", name="Pause: mornings").click()
    expect(page.get_by_role("button", name="Resume: mornings")).to_be_visible()
    assert named(stage, "mornings")["paused"] is True
    page.get_by_role("link", name="mornings").click()
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.get_by_text("Every day at 6:00 AM")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("At", exact=True).fill("09:15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Every day at 9:15 AM")).to_be_visible()
    assert (named(stage, "mornings")["cron"], named(stage, "mornings")["paused"]) == ("15 9 * * *", False)


def test_job_of_a_schedule_is_edited(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    schedule, job = named(stage, "mornings"), named(stage, "mornings")["job"]
    page = look(f"#/schedules/{schedule['_id']}/edit")
    lines = page.get_by_label("Products, one a line")
    before = lines.input_value()
    assert before.split() == [key.split(":")[1] for key in schedule["keys"]]
    page.get_by_label("Name").fill("mornings")
    with page.expect_request(lambda each: each.method == "PATCH") as asked:
        page.get_by_role("button", name="Save").click()
    assert "job" not in asked.value.post_data_json
    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    assert named(stage, "mornings")["job"] == job
    page.get_by_role("link", name="Edit").click()
    lines.fill(before + f"\n{asin(77)}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Edit")).to_be_visible()
    assert named(stage, "mornings")["keys"][-1] == f"{HOME}:{asin(77)}"


def test_schedule_is_deleted_after_a_question(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/schedules")
    page.get_by_role("link", name="cards").click()
    # What is asked for after it is gone is not found, of which the browser would complain.
    expect(page.get_by_text("No runs yet")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Delete")).to_be_focused()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Schedules")).to_be_visible()
    assert [each["name"] for each in stage.world.schedules.schedules.values()] == ["mornings"]


def test_run_tells_what_changed(look: Opener, jobs: dict[str, Job]) -> None:
    page = look("#/schedules")
    page.get_by_role("link", name="mornings").click()
    expect(page.locator(".run-row")).to_have_count(3)
    page.get_by_role("link", name="What changed").click()
    expect(page.locator(".delta-row").first).to_be_visible()
    page.get_by_role("radio", name="New 2").check()
    expect(page.locator(".delta-row")).to_have_count(2)
    expect(page.locator(".delta-row").first).to_contain_text(asin(60))
    page.get_by_role("radio", name="Cheaper").check()
    expect(page.locator(".delta-row").first).to_contain_text("¥2,005")


def test_reader_changes_nothing_of_schedules(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/schedules", token=stage.token("jobs:read"))
    expect(page.get_by_role("link", name="mornings")).to_be_visible()
    expect(page.get_by_role("button", name="Pause: mornings")).to_have_count(0)
    expect(page.get_by_role("link", name="New schedule")).to_have_count(0)
