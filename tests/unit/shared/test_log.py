"""Logs are JSON with context, and hold no secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from shared import log, tracing
from shared.settings import Settings


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def configured(log_format: Literal["json", "console"] = "json") -> structlog.stdlib.BoundLogger:
    log.configure("tester", Settings(instance="tester-1", log_format=log_format))
    return log.get_logger("tests.log")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_record_says_who_what_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    logger = configured()
    with log.bound(job_id="a-job"):
        logger.info("decided", items=3)
    [line] = lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "decided",
        "items": 3,
        "job_id": "a-job",
        "level": "info",
        "logger": "tests.log",
        "service": "tester",
        "instance": "tester-1",
    }


@pytest.mark.parametrize("key", ["token", "Authorization", "user_password", "jwt_secret", "amqp_url", "mongo_url"])
def test_secret_values_are_masked(capsys: pytest.CaptureFixture[str], key: str) -> None:
    configured().info("connecting", **{key: "hunter2", "host": "example"})
    [line] = lines(capsys)
    assert (line[key], line["host"]) == ("***", "example")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot reach amqp://ann:hunter2@host:5672/v", "cannot reach amqp://ann:***@host:5672/v"),
        ("mongodb://:hunter2@a,b/?x=1", "mongodb://:***@a,b/?x=1"),
        ("proxy http://u:hunter2@p:1, then http://q/@x", "proxy http://u:***@p:1, then http://q/@x"),
        ("Authorization: Bearer hunter2.abc-_.x", "Authorization: Bearer ***"),
        ("the bearer hunter2", "the bearer ***"),
        ("https://www.amazon.co.jp/dp/B0C8TAT96S?x=a:b@c", "https://www.amazon.co.jp/dp/B0C8TAT96S?x=a:b@c"),
    ],
)
def test_secrets_within_texts_are_masked(capsys: pytest.CaptureFixture[str], text: str, shown: str) -> None:
    configured().warning(text, error=text)
    [line] = lines(capsys)
    assert (line["event"], line["error"]) == (shown, shown)


def test_record_names_the_trace_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    logger = configured()
    with tracing.continuing("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        logger.info("within")
    logger.info("without")
    assert [line.get("trace_id") for line in lines(capsys)] == ["0af7651916cd43dd8448eb211c80319c", None]


def test_records_of_libraries_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    logging.getLogger("some.package").warning("it %s", "broke")
    [line] = lines(capsys)
    assert (line["event"], line["level"], line["service"]) == ("it broke", "warning", "tester")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_traceback_shows_no_local_variables(
    capsys: pytest.CaptureFixture[str], log_format: Literal["json", "console"]
) -> None:
    hidden = "hunter" + "2"
    try:
        int("broken")
    except ValueError:
        configured(log_format).exception("failed")
    text = capsys.readouterr().err
    assert "broken" in text
    assert "ValueError" in text
    assert hidden not in text


def test_chatty_libraries_are_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    configured()
    logging.getLogger("httpx").info("GET ...")
    logging.getLogger("httpx").warning("no answer")
    assert [line["event"] for line in lines(capsys)] == ["no answer"]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_no_secret_is_told_wherever_it_stands(
    capsys: pytest.CaptureFixture[str], log_format: Literal["json", "console"]
) -> None:
    """In the text of an error, in its cause, within values, and in records of libraries."""
    logger = configured(log_format)
    error = RuntimeError("no way through http://me:hunter2@proxy:3128")
    error.__cause__ = ConnectionError("amqp://asin:hunter2@broker:5672/ refused")
    logger.error(
        "failed", reason=str(error), tried=[{"url": "mongodb://a:hunter2@db/"}], api_key="hunter2", exc_info=error
    )
    logging.getLogger("library").warning("login with %s failed", "password=hunter2")
    told = capsys.readouterr().err
    assert "hunter2" not in told
    assert "proxy:3128" in told
