"""What answers of the Creators API that are none mean for whoever asked: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.creators.items import Json, load
from shared.errors import AsinflowError, PermanentError, RetryableError

_REASON = re.compile(r"[A-Za-z]{1,40}")
_TOKEN_STATUS = re.compile(r"status (\d{3})")

# Reasons that an operator can do something about.
ADVICE: Mapping[str, str] = {
    "AssociateNotEligible": "the associate's account is not eligible for the API (it asks for recent qualifying sales)",
    "InvalidAssociate": "the credentials do not belong to the partner tag: see ASINFLOW_CREATORS_TAGS",
    "InvalidPartnerTag": "the partner tag is not one of this marketplace: see ASINFLOW_CREATORS_TAGS",
    "InvalidClient": "the credentials are wrong: see ASINFLOW_CREATORS_…_ID and _SECRET",
    "UnsupportedClient": "the credentials are for another region: see ASINFLOW_CREATORS_…_ID and _VERSION",
}
# Reasons for which another token helps.
STALE_TOKEN = frozenset({"TokenExpired", "InvalidToken"})
# Codes of single items that are not to be had, now or ever.
GONE = re.compile(r"NotAccessible|NotFound|NoResults|Invalid")


class RefusedError(PermanentError):
    """The request as a whole was refused; of several items, one may be the reason."""

    code = "api_refused"


class StaleTokenError(RetryableError):
    """The token is no longer taken, though it should have been."""

    code = "token_refused"


def reason_of(text: str) -> str:
    """The reason that an error's body names, or an empty text."""
    try:
        reason = load(text).get("reason")
    except ValueError:
        return ""
    return reason if isinstance(reason, str) and _REASON.fullmatch(reason) else ""


def failure_of(status: int, text: str, marketplace: str, retry_after: float | None = None) -> AsinflowError:
    """The error that an answer other than 200 and 429 stands for. Its message is shown to users: no body is in it."""
    reason = reason_of(text)
    told = f"the Creators API of {marketplace} answered {status}{f' ({reason})' if reason else ''}"
    if status >= 500:
        return RetryableError(told, code="api_unavailable", retry_after=retry_after)
    if status == 401 and reason in STALE_TOKEN:
        return StaleTokenError(told)
    if status == 404:
        return PermanentError(told, code="not_found")
    if status in {401, 403} or reason in ADVICE:
        return PermanentError(f"{told}: {ADVICE.get(reason, 'see its credentials')}", code="api_credentials")
    return RefusedError(told)


def token_failure(error: Exception, marketplace: str) -> AsinflowError:
    """The error that a request for a token ended with; `error` is the library's AuthenticationError."""
    status = _TOKEN_STATUS.search(str(error))
    if status is None or status[1] == "429" or status[1] >= "500":
        return RetryableError(f"no token for the Creators API of {marketplace}", code="token_unavailable")
    advice = ADVICE["InvalidClient"]
    return PermanentError(
        f"no token for the Creators API of {marketplace} ({status[1]}): {advice}", code="api_credentials"
    )


def item_failure(asin: str, answer: Json, marketplace: str) -> AsinflowError:
    """Why `asin` is not among the items of an answer."""
    errors = answer.get("errors")
    for error in errors if isinstance(errors, list) else ():
        code, message = (error.get("code"), error.get("message")) if isinstance(error, Mapping) else (None, None)
        if isinstance(code, str) and isinstance(message, str) and asin in message:
            if GONE.search(code):
                return PermanentError(f"{marketplace} does not give {asin} by its Creators API", code="not_found")
            return RetryableError(f"the Creators API of {marketplace} failed for {asin}", code="item_failed")
    return RetryableError(f"the Creators API of {marketplace} left out {asin}", code="incomplete_answer")
