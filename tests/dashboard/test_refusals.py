"""What the API refuses, and what failed, told in the reader's language alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from services.api.records import Job
from tests.dashboard.conftest import Opener
from tests.dashboard.stage import Stage
from tests.dashboard.words import WORDS

# The page's own words for faults that the API finds.
EXPLAIN = """async (errors) => {
  const [{ explain }, { ApiError }] = await Promise.all([import("/ui/parts/states.js"), import("/ui/core/api.js")]);
  return errors.map((error) => explain(new ApiError(422, { code: "invalid_request", errors: [error] }, 0)));
}"""
FAULTS = [
    ("settings.target_margin", "less_than_equal", "Input should be less than or equal to 50", "50 이하"),
    ("tags", "too_long", "List should have at most 20 items after validation, not 21", "최대 20개"),
    ("keyword", "length", "must have 1 to 200 characters", "1~200자"),
    ("job.settings.min_coverage", "greater_than", "Input should be greater than 0.5", "0.5보다"),
    ("cron", "invalid_cron", "must have five fields: minute, hour, day, month, day of the week", "다섯 항목"),
    ("asins", "length", "line 3, 'B01': An ASIN has 10 characters.", f"3행: 'B01' {WORDS['ko']['line.length']}"),
]
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,}")


def test_faults_are_told_with_their_bounds_and_without_english(look: Opener, stage: Stage) -> None:
    page = look("#/submit", locale="ko-KR")
    expect(page.locator("h1")).to_have_text(WORDS["ko"]["submit.title"])
    errors = [{"field": field, "code": code, "message": message} for field, code, message, _ in FAULTS]
    found = page.evaluate(EXPLAIN, errors)
    assert [expected in told for told, (*_, expected) in zip(found, FAULTS, strict=True)] == [True] * len(FAULTS)
    assert [told for told in found if SENTENCE.search(told)] == []


@pytest.mark.parametrize("language", ["ko", "ja"])
def test_refused_address_is_told_without_english(look: Opener, stage: Stage, language: str) -> None:
    page = look("#/webhooks/new", locale=language)
    page.locator("#url").fill("https://hooks.example/a b")
    page.locator("#url").press("Enter")
    words = WORDS[language]
    expect(page.get_by_role("alert")).to_have_text(f"{words['entry.url']}: {words['fault.invalid_url']}")


def test_reasons_of_failures_are_told_by_their_code(look: Opener, jobs: dict[str, Job]) -> None:
    page = look(f"#/jobs/{jobs['large'].id}/errors", locale="ja-JP")
    expect(page.get_by_text(WORDS["ja"]["why.not_found"])).to_be_visible()


def test_delivery_without_an_answer_says_why_before_the_error_itself(
    look: Opener, stage: Stage, jobs: dict[str, Job]
) -> None:
    error = "RemoteProtocolError: illegal status line: bytearray(b'\\x00')"
    failed = next(each for each in stage.world.webhooks.deliveries.values() if each["state"] == "failed")
    failed["log"] = [{**entry, "error": error} for entry in failed["log"]]
    page = look(f"#/webhooks/{failed['webhook_id']}", locale="ko-KR")
    row = page.locator(".delivery-row", has_text=WORDS["ko"]["unanswered.malformed"])
    expect(row).not_to_contain_text("RemoteProtocolError")
    row.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text(error)
