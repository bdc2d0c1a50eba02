"""What people do with the dashboard, in a browser."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Locator, Page, Route, expect

from services.api.records import Job
from shared.errors import BrokerUnavailableError
from shared.jobs import JobStatus
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import ITEMS, Stage
from tests.unit.api.builders import HOME, asin


def test_token_lets_in_and_leaves_no_trace_in_the_address(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(token=None)
    page.get_by_label("Your token").fill("nonsense")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not a token")
    page.get_by_label("Your token").fill(stage.token())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    assert stage.token() not in page.url
    assert page.evaluate("Object.keys(localStorage).length") == 0
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your token")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('asinflow.token')") is None


def test_gateway_that_brings_the_token_needs_no_form(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    token = stage.token("jobs:read", user="ann")
    page = look("#/jobs", token=None, extra_http_headers={"Authorization": f"Bearer {token}"})
    expect(page.locator(".virtual-jobs")).to_be_visible()
    expect(page.get_by_role("link", name="New job")).to_have_count(0)
    page.locator(".account summary").click()
    expect(page.locator(".menu-name")).to_have_text("ann")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    assert page.evaluate("sessionStorage.getItem('asinflow.token')") is None


def test_list_is_checked_quoted_and_submitted(look: Opener, stage: Stage) -> None:
    page = look("#/submit")
    page.get_by_label("Products, one a line").fill(
        f"{asin(1)}\n{asin(1)}\nnonsense\nhttps://www.amazon.de/dp/{asin(2)}"
    )
    expect(page.locator("#lines-told")).to_contain_text("2 valid")
    expect(page.locator("#lines-told")).to_contain_text("Line 3:")
    expect(page.locator(".quote")).to_contain_text("Would finish at")
    page.get_by_text("More options").click()
    page.get_by_label("Packaging, KRW").fill("700")
    page.get_by_label("International shipping").select_option("premium")
    assert stage.world.jobs.jobs == {}
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_text("Accepted: 2 products. Left out: 1 duplicate, 1 invalid.")).to_be_visible()
    expect(page.get_by_role("heading", name="2 products")).to_be_visible()
    (stored,) = stage.world.jobs.jobs.values()
    assert stage.world.jobs.sources[stored.id] == [f"{HOME}:{asin(1)}", f"amazon.de:{asin(2)}"]
    assert (stored.settings["packaging_krw"], stored.settings["shipping_tier"]) == (700, "premium")


def test_search_and_file_are_submitted(look: Opener, stage: Stage) -> None:
    page = look("#/submit")
    page.get_by_role("radio", name="Search").check()
    page.get_by_label("Search for").fill("pokemon cards")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="“pokemon cards”")).to_be_visible()
    page.goto(f"{stage.url}/#/submit")
    page.locator("#file").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": f"asin\n{asin(7)}\n".encode()}
    )
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="1 product")).to_be_visible()


def test_job_is_made_anew_from_an_old_one(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    stage.world.items.keys = [f"{HOME}:{asin(n)}" for n in range(3)]
    page = look(f"#/jobs/{jobs['large'].id}")
    page.get_by_role("link", name="New job like this").click()
    expect(page.get_by_label("Products, one a line")).to_have_value("\n".join(asin(n) for n in range(3)))
    expect(page.get_by_label("Success rate, %")).to_have_value("99.95")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="3 products")).to_be_visible()
    made = next(job for job in stage.world.jobs.jobs.values() if job.id not in {each.id for each in jobs.values()})
    assert (made.settings, made.metadata) == (jobs["large"].settings, {"order": "A-17"})


def test_too_many_requests_keep_no_job_from_being_sent(look: Opener, stage: Stage) -> None:
    page = look("#/submit")
    too_many = {"status": 429, "code": "rate_limited", "title": "Too many requests"}
    refused: list[Route] = []

    def refuse_first(route: Route) -> None:
        refused.append(route)
        route.fulfill(status=429, json=too_many, headers={"Retry-After": "1"}) if len(
            refused
        ) == 1 else route.continue_()

    page.route("**/v1/jobs", refuse_first)
    page.route(
        "**/v1/jobs?dry_run=true", lambda route: route.fulfill(status=429, json=too_many, headers={"Retry-After": "60"})
    )
    page.get_by_label("Products, one a line").fill(asin(1))
    expect(page.locator(".quote")).to_contain_text("Too many requests")
    page.get_by_role("button", name="Submit job").click()
    expect(page.get_by_role("heading", name="1 product")).to_be_visible()
    assert len(refused) == 2


def test_job_moves_without_a_reload(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['running'].id}")
    expect(page.locator(".live")).to_contain_text("Live")
    page.evaluate("window.stayed = true")
    moved = stage.progress(jobs["running"], 4_000)
    expect(page.locator(".job-progress")).to_contain_text("4,000 / 5,000")
    expect(page).to_have_title("80% · “pokemon cards” · Asinflow")
    stage.world.live.close()
    expect(page.locator(".live")).to_contain_text("Reconnecting")
    assert moved.progress == 4_000
    assert page.evaluate("window.stayed") is True


def test_reason_of_a_pause_is_told(look: Opener, jobs: dict[str, Job]) -> None:
    expect(look("#/jobs").locator(".virtual-jobs")).to_contain_text("Waiting for amazon.co.jp until")


def test_wait_for_a_listing_is_told_in_the_readers_language(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    stage.world.jobs.put(replace(jobs["running"], status_reason="waits for other listings of amazon.co.jp"))
    expect(look("#/jobs", locale="ko-KR").locator(".virtual-jobs")).to_contain_text(
        "amazon.co.jp의 다른 목록을 기다리는 중"
    )


def test_job_is_paused_and_cancelled_after_a_question(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['running'].id}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.get_by_role("button", name="Cancel job").click()
    page.get_by_role("button", name="Keep it").click()
    assert stage.world.jobs.jobs[jobs["running"].id].status == JobStatus.PAUSED
    page.get_by_role("button", name="Cancel job").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel job").click()
    expect(page.locator(".head .badge")).to_have_text("Cancelled")


def test_errors_are_grouped_and_tried_again(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}/errors")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    page.get_by_role("button", name="Try again: Not found").click()
    expect(page.locator(".head .badge")).to_have_text("Waiting")
    assert stage.world.jobs.jobs[jobs["large"].id].run == 2


def test_hundred_thousand_items_keep_the_page_small(look: Opener, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}")
    expect(page.get_by_text(asin(3), exact=True)).to_be_visible()
    for last in (199, 399):
        page.wait_for_function(
            "asin => { scrollTo(0, document.body.scrollHeight); return document.body.textContent.includes(asin); }",
            arg=asin(last),
        )
    assert page.locator(".virtual-row").count() < 80
    assert page.get_by_role("table").get_attribute("aria-rowcount") == str(ITEMS)


def test_page_asks_again_only_for_what_may_have_changed(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    stage.world.items.outcomes.clear()
    page = look()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/items?" in request.url else None)
    page.clock.install()
    page.goto(f"{stage.url}/#/jobs/{jobs['running'].id}")
    expect(page.locator(".virtual-row").first).to_be_visible()
    expect(page.locator(".live")).to_contain_text("Live")
    before = len(asked)
    for _ in range(10):
        page.clock.run_for(3_000)
        page.evaluate("() => fetch('/healthz').then(answer => answer.text())")  # what was asked for has come by now
    assert len(asked) - before <= 3  # while the job stands still
    stage.progress(jobs["running"], 4_000)
    expect(page.locator(".job-progress")).to_contain_text("4,000 / 5,000")
    with page.expect_request("**/items?*"):
        page.clock.run_for(3_000)


def _scrolled_far(look: Opener, stage: Stage, like: Job, number: int) -> tuple[Page, Locator]:
    """The list of so many jobs, scrolled down, and its fiftieth row."""
    for n in range(number):
        stage.world.jobs.put(replace(like, id=f"000-{n:05d}"))
    page = look("#/jobs?status=FAILED")
    expect(page.locator(".virtual-row").first).to_be_visible()
    page.mouse.move(600, 500)
    page.mouse.wheel(0, 20_000)
    far = page.locator('[aria-posinset="50"]')
    expect(far).to_be_attached()
    return page, far


def test_ten_thousand_jobs_are_scrolled_through(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page, _ = _scrolled_far(look, stage, jobs["failed"], 10_000)
    assert page.locator(".virtual-row").count() < 80
    page.get_by_label("Search, address, tag or note").fill("000-04711")
    expect(page.locator(".virtual-row")).to_have_count(1)


def test_product_is_marked_noted_and_priced_anew(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/products?sort=-margin")
    expect(page.locator(".spark").first).to_be_visible()
    page.locator(".star").first.click()
    expect(page.locator(".star").first).to_have_attribute("aria-pressed", "true")
    page.locator(".row-link").first.click()
    expect(page.locator(".resale strong")).to_be_visible()  # all of the page is there: nothing is drawn anew
    page.get_by_label("Notes").fill("for spring")
    page.get_by_label("Notes").blur()
    expect(page.get_by_text("Saved.")).to_be_visible()
    before = page.locator(".resale strong").inner_text()
    page.get_by_label("Target margin, %").fill("30")
    expect(page.locator(".resale strong")).not_to_have_text(before)
    expect(page.locator(".resale")).not_to_contain_text("Your price")
    page.get_by_label("Your selling price, KRW").fill("90000")
    expect(page.locator(".resale .product-cost")).to_contain_text("₩90,000Your price")
    expect(page.locator(".resale .pairs")).to_contain_text("Recommended price")
    stored = stage.world.products.products[f"ann:{HOME}:{asin(0)}"]
    assert (stored["favorite"], stored["notes"]) == (True, "for spring")


def test_another_margin_is_tried_on_the_list(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/products")
    expect(page.locator(".product-margin").first).to_have_text("25%")
    page.get_by_label("What if the target margin were").fill("30")
    expect(page.locator(".product-margin").first).to_contain_text("₩")
    page.get_by_role("button", name="As it is").click()
    expect(page.locator(".product-margin").first).to_have_text("25%")


def test_job_tells_its_profit_and_is_priced_anew(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}/profit")
    expect(page.get_by_role("img", name="Margins in percent")).to_be_visible()
    page.get_by_label("Target margin, %").fill("40")
    expect(page.locator(".resale")).to_contain_text("Profitable")
    page.get_by_role("button", name="Use it for all products").click()
    expect(page.locator(".resale")).to_contain_text("worked out…")


def test_old_products_are_collected_anew(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}")
    page.get_by_role("button", name="Collect anew").click()
    page.get_by_role("dialog").get_by_label("Which").select_option("3600")
    page.get_by_role("dialog").get_by_role("button", name="Collect anew").click()
    expect(page.locator(".head .badge")).to_have_text("Waiting")
    assert stage.world.jobs.jobs[jobs["large"].id].run == 2


def test_job_shows_its_products_and_what_was_asked_for(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}/results")
    expect(page.locator(".product-row").first).to_contain_text(asin(1))
    page.locator(".star").first.click()
    expect(page.locator(".star").first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="Sort, filter and search these products").click()
    page.get_by_role("button", name="not only: Products of one job").click()
    assert "job_id" not in page.url
    page.goto(f"{stage.url}/#/jobs/{jobs['large'].id}/details")
    expect(page.get_by_text("A-17")).to_be_visible()
    expect(page.get_by_text("at least 99.95% succeed")).to_be_visible()


def test_results_are_saved_as_a_file(look: Opener, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}/exports")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Errors Parquet").click()
    assert saved.value.suggested_filename == f"errors-{jobs['large'].id}.parquet"


def test_operator_deletes_a_failure_and_takes_it_back(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/failures")
    rows = page.locator(".failure-row")
    rows.first.get_by_role("button").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Traceback …")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(2)
    expect(rows.first.get_by_role("button").first).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(3)
    assert len(stage.world.failures.documents) == 3


def test_system_is_shown_while_the_broker_is_away(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    stage.world.queues.error = BrokerUnavailableError("away")
    page = look("#/system")
    expect(page.get_by_label("Services")).to_contain_text("BrokerDown")
    expect(page.get_by_label("Services")).to_contain_text("DatabaseUp")
    expect(page.get_by_role("row", name="amazon.com tokyo")).to_be_visible()


def test_operator_finds_failures_and_tries_them_again(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/failures")
    expect(page.locator(".failure-row")).to_have_count(3)
    page.get_by_label("Code").fill("nothing_like_it")
    expect(page.get_by_role("heading", name="Nothing failed")).to_be_visible()
    page.get_by_label("Code").fill("malformed_message")
    expect(page.locator(".failure-row")).to_have_count(3)
    page.get_by_role("button", name="Retry these").click()
    expect(page.get_by_text("About to be sent").first).to_be_visible()
    assert all(each["retry_requested_at"] for each in stage.world.failures.documents.values())


def test_failures_that_are_settled_are_told_and_go(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    stored = stage.world.failures.documents
    stored[f"{2:032x}"]["item"] = "a-job:1:3"
    stage.world.failures.succeeded.add("a-job:1:3")
    page = look("#/failures")
    page.locator(".failure-row").first.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("1 has succeeded since and is forgotten.")).to_be_visible()
    expect(page.locator(".failure-row")).to_have_count(2)
    assert f"{2:032x}" not in stored


def test_user_sees_nothing_for_operators(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look(token=stage.token("jobs:read", "products:read"))
    expect(page.get_by_role("link", name="Jobs", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Failures")).to_have_count(0)
    expect(page.get_by_role("link", name="New job")).to_have_count(0)


def test_operator_sees_services_pace_and_queues(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/system")
    expect(page.get_by_role("row", name=f"{HOME} Paused until")).to_contain_text(
        "2 blocks in a row · Asked to slow down"
    )
    expect(page.get_by_role("row", name="amazon.com tokyo")).to_contain_text("30")
    expect(page.get_by_role("row", name="asinflow.retry.60s")).to_contain_text("80")
    expect(page.get_by_label("Services")).to_contain_text("sweeperDown")
    expect(page.get_by_label("Services")).to_contain_text("led by sweeper-0")


def test_back_leads_to_the_place_in_the_list(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page, far = _scrolled_far(look, stage, jobs["failed"], 200)
    far.get_by_role("link").click()
    expect(page.locator(".job-progress")).to_be_visible()
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator(".timeline, .job-panel [role=alert]")).to_be_visible()
    page.evaluate("history.go(-2)")
    expect(far.get_by_role("link")).to_be_focused()
    expect(far).to_be_in_viewport()
    page.get_by_role("link", name="Jobs", exact=True).first.click()
    expect(page.locator('[aria-posinset="1"]')).to_be_in_viewport()


def test_page_says_so_while_the_api_is_away(look: Opener, stage: Stage, jobs: dict[str, Job]) -> None:
    page = look("#/jobs")
    expect(page.locator(".virtual-row").first).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Products", exact=True).click()
    expect(page.get_by_text("The API does not answer.")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".product-row").first).to_be_visible()
    expect(page.get_by_text("The API does not answer.")).to_be_hidden()
