"""What looks like a secret is not shown; all else stays readable."""

from __future__ import annotations

import pytest

from shared.auth import issue_token
from shared.masking import is_secret_name, mask

TOKEN = issue_token("a-secret-of-tests-that-is-long-enough", "ann")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot reach amqp://asin:hunter2@broker:5672/a", "cannot reach amqp://asin:***@broker:5672/a"),
        ("mongodb://u:p%40ss@a,b:27017/?x=1", "mongodb://u:***@a,b:27017/?x=1"),
        ("http://u:p@ss@proxy:3128", "http://u:***@proxy:3128"),
        ("https://a-token@host/", "https://***@host/"),
        (f"got {TOKEN} here", "got *** here"),
        ("Authorization: Bearer abcdef.123", "Authorization: Bearer ***"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "{'authorization': 'Basic ***'}"),
        ("https://a/b?access_token=abc&x=1", "https://a/b?access_token=***&x=1"),
        ('{"password": "hunter2", "a": 1}', '{"password": "***", "a": 1}'),
        ("client_secret=abc, api-key: def", "client_secret=***, api-key: ***"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://www.amazon.co.jp/dp/B07WXL5YPW?th=1",
        "job 019ab0c2d7e47c60a1f2b3c4d5e6f708 of ann@example.com: 3 tokens left",
        'File "/app/shared/auth.py", line 12, in issue_token',
        "not a item.collect.v1: seq: Input should be a valid integer",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Set-Cookie", "jwt_secret", "ASINFLOW_AMQP_URL"])
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret_name(name)
    assert not is_secret_name("x-attempt")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["説明", "token", "secret=", "://", "eyJ", "a.", "Bearer ", "password: '"])
def test_no_text_takes_for_ever(part: str) -> None:
    """Time in proportion to the text is a fraction of a second here; in proportion to its square it would be hours."""
    assert mask(part * 200_000)
