"""A browser, and pages signed in to an API over fakes; whatever a page complains of fails its test."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from services.api.records import Job
from tests.dashboard.chromium import opened
from tests.dashboard.stage import Stage, fill, served

WAIT_MILLISECONDS = 30_000
# Once per tab: whoever signs out stays out.
SIGN_IN = """
sessionStorage.getItem("seen") || sessionStorage.setItem("asinflow.token", "%s");
sessionStorage.setItem("seen", "1");
"""
REFUSED = re.compile("status of (401|403|422|429|503)|ERR_INTERNET_DISCONNECTED")
Opener = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with opened() as browser:
        yield browser


@pytest.fixture
def stage() -> Iterator[Stage]:
    with served() as stage:
        yield stage


@pytest.fixture
def jobs(stage: Stage) -> dict[str, Job]:
    return fill(stage)


@pytest.fixture
def look(browser: Browser, stage: Stage) -> Iterator[Opener]:
    """Opens an address of the dashboard as `token` allows (None: nobody), in a context of its own."""
    complaints: list[str] = []
    contexts = []

    def heard(message: ConsoleMessage) -> None:
        # What the API refuses, or that it is away, is told to the user; the browser notes it as well.
        if message.type == "error" and not REFUSED.search(message.text):
            complaints.append(message.text)

    def open_page(address: str = "#/", *, token: str | None = "", **context: object) -> Page:
        contexts.append(
            browser.new_context(**{"locale": "en-US", "viewport": {"width": 1200, "height": 900}, **context})
        )
        page = contexts[-1].new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if token is not None:
            page.add_init_script(SIGN_IN % (token or stage.token()))
        page.goto(f"{stage.url}/{address}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
