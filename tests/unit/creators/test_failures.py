"""What answers of the Creators API that are none mean."""

from __future__ import annotations

import json

import pytest

from shared.creators.failures import RefusedError, StaleTokenError, failure_of, item_failure, token_failure
from shared.errors import AsinflowError, PermanentError, RetryableError
from tests.builders import HOME, asin
from tests.unit.creators.answers import inaccessible


def body(reason: str) -> str:
    return json.dumps({"message": "…", "reason": reason, "type": "…"})


@pytest.mark.parametrize(
    ("status", "text", "kind", "code"),
    [
        (500, "", RetryableError, "api_unavailable"),
        (503, "<html>", RetryableError, "api_unavailable"),
        (401, body("TokenExpired"), StaleTokenError, "token_refused"),
        (401, body("InvalidClient"), PermanentError, "api_credentials"),
        (401, "", PermanentError, "api_credentials"),
        (403, body("AssociateNotEligible"), PermanentError, "api_credentials"),
        (400, body("InvalidPartnerTag"), PermanentError, "api_credentials"),
        (400, body("FieldValidationFailed"), RefusedError, "api_refused"),
        (404, body("Other"), PermanentError, "not_found"),
    ],
)
def test_status_and_reason_say_what_to_do(status: int, text: str, kind: type[AsinflowError], code: str) -> None:
    failure = failure_of(status, text, HOME)
    assert (type(failure), failure.code) == (kind, code)
    assert HOME in failure.message


def test_reasons_come_with_advice() -> None:
    assert "ASINFLOW_CREATORS_TAGS" in failure_of(400, body("InvalidPartnerTag"), HOME).message
    assert "another region" in failure_of(401, body("UnsupportedClient"), HOME).message


def test_time_to_wait_is_passed_on() -> None:
    failure = failure_of(503, "", HOME, retry_after=7.0)
    assert isinstance(failure, RetryableError)
    assert failure.retry_after == 7.0


@pytest.mark.parametrize("text", [body("<script>alert(1)</script>"), body("x" * 41), '{"reason": 3}', "Bearer abc"])
def test_bodies_are_not_repeated_to_users(text: str) -> None:
    assert failure_of(400, text, HOME).message == f"the Creators API of {HOME} answered 400"


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("OAuth2 token request failed with status 401: {'error': 'invalid_client'}", PermanentError),
        ("OAuth2 token request failed with status 503: busy", RetryableError),
        ("OAuth2 token request failed with status 429: slower", RetryableError),
        ("OAuth2 token request failed: connection refused", RetryableError),
    ],
)
def test_missing_token_is_final_only_when_refused(told: str, kind: type[AsinflowError]) -> None:
    assert type(token_failure(RuntimeError(told), HOME)) is kind


def test_inaccessible_item_is_not_found() -> None:
    failure = item_failure(asin(2), {"errors": [inaccessible(asin(1)), inaccessible(asin(2))]}, HOME)
    assert isinstance(failure, PermanentError)
    assert failure.code == "not_found"


def test_item_that_failed_there_is_tried_again() -> None:
    errors = [{"code": "InternalFailure", "message": f"{asin(1)} could not be read"}]
    assert item_failure(asin(1), {"errors": errors}, HOME).code == "item_failed"


@pytest.mark.parametrize("errors", [None, 3, [3], [{"code": 3}], [inaccessible(asin(2))]])
def test_item_left_out_without_a_word_is_tried_again(errors: object) -> None:
    failure = item_failure(asin(1), {"errors": errors}, HOME)
    assert (type(failure), failure.code) == (RetryableError, "incomplete_answer")
