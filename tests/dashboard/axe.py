"""What axe-core has to complain of in a page as it stands, and whether it fits the screen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, expect

Rules = Mapping[str, str | list[str]]
RULES: Rules = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
CONTRAST: Rules = {"type": "rule", "values": ["color-contrast"]}
RUN = "only => axe.run({ runOnly: only, resultTypes: ['violations'] })"

# What is drawn anew where another view, or another part of a job, is shown.
TURN = """hash => {
  (document.querySelector(".job-panel > *") ?? document.querySelector("main > *")).dataset.old = "";
  location.hash = hash;
}"""


def turn_to(page: Page, address: str) -> None:
    """The view of another address, with all that it loads."""
    if page.evaluate("location.hash") != address:
        expect(page.locator("main > *").first).to_be_attached()
        page.evaluate(TURN, address)
        expect(page.locator("[data-old]")).to_have_count(0)
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0)


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


class Axe:
    def __init__(self, node_modules: Path) -> None:
        self._script = (node_modules / "axe-core" / "axe.min.js").read_text()

    def complaints(self, page: Page, rules: Rules = RULES) -> list[tuple[str, ...]]:
        """The rules that are broken, each with the first element that does."""
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(self._script)
        violations = page.evaluate(RUN, rules)["violations"]
        return [(each["id"], each["nodes"][0]["html"][:160]) for each in violations]
