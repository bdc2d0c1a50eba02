"""What axe-core has to complain of in a page as it stands, and what does not fit its width."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
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


class Axe:
    def __init__(self, node_modules: Path) -> None:
        self._script = (node_modules / "axe-core" / "axe.min.js").read_text()

    def complaints(self, page: Page, *rules: str) -> list[tuple[str, ...]]:
        """Of rules by name; of all of RULES without any."""
        found: list[tuple[str, ...]] = []
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(("wider than the screen",))
        if not page.evaluate("Boolean(window.axe)"):
            page.evaluate(self._script)
        only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(RULES)}
        violations = page.evaluate(RUN, only)["violations"]
        return found + [(each["id"], each["nodes"][0]["html"][:160]) for each in violations]
