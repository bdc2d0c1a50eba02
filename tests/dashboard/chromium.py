"""Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from playwright.sync_api import Browser, expect, sync_playwright

from deploy.local import browser
from tests.conftest import unavailable

# Deadlines, not times: a busy machine is slow to draw.
expect.set_options(timeout=30_000)


@contextlib.contextmanager
def opened() -> Iterator[Browser]:
    """A browser without a sandbox of its own: it looks at nothing but pages of this checkout."""
    if not browser.is_installed():
        unavailable("Chromium is not installed: make setup-test")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(browser.PATH), args=["--no-sandbox"])
        try:
            yield chromium
        finally:
            chromium.close()
