"""The runbook: every alert has its page, every link leads somewhere, figures and commands are those of the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from cli.catalogue import COMMANDS
from cli.setting import all_settings
from tests.deploy.kubernetes import KUBERNETES, ROOT

DOCS = ROOT / "docs"
RUNBOOK = (DOCS / "operations.md").read_text()
LARAVEL = (DOCS / "from-laravel.md").read_text()
PAGES = [
    *sorted(DOCS.glob("*.md")),
    *sorted((DOCS / "how-to").glob("*.md")),
    KUBERNETES / "README.md",
    ROOT / "README.md",
]


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as they are linked to."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def alerts() -> dict[str, str]:
    """Every alert with the address of its page."""
    files = (ROOT / "deploy" / "prometheus").glob("*.rules.yaml")
    groups = [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: rule["annotations"]["runbook_url"] for rule in rules}


def test_every_alert_has_its_page_and_every_page_its_alert() -> None:
    pages = re.findall(r"^### (Asinflow\w+)$", RUNBOOK, re.MULTILINE)
    found = alerts()
    assert sorted(pages) == sorted(found)
    assert {name: address for name, address in found.items() if not address.endswith(f"#{name.lower()}")} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), f"{target}#{anchor}"


def test_figures_are_those_that_the_manifests_follow() -> None:
    table = re.search(r"<!-- figures -->\n(.*)<!-- /figures -->", RUNBOOK, re.DOTALL)
    assert table is not None
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].strip().splitlines()[2:]]
    assert {name: cells for name, *cells in rows} == {
        name: [f"{f['rest_mb']} MB", f"{f['peak_mb']} MB", f"{f['rest_millicores']} m", f"{f['item_ms']} ms"]
        for name, f in tomllib.loads((KUBERNETES / "figures.toml").read_text()).items()
    }


# What the command line reads, and accounts by region, whose names are put together.
NO_SETTINGS = {"ASINFLOW_API_URL", "ASINFLOW_TOKEN", "ASINFLOW_PROFILE", "ASINFLOW_CREATORS_NA", "ASINFLOW_CREATORS_EU"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_settings_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    commands = set(re.findall(r"(?:`|\$ |\./)asinflow ([a-z]+)", text))
    settings = set(re.findall(r"ASINFLOW_[A-Z_]+[A-Z]", text)) - NO_SETTINGS
    assert commands - set(COMMANDS) == set()
    assert settings - {setting.variable for setting in all_settings()} == set()


@pytest.mark.parametrize(
    "concept",
    [
        *("queue:work", "queue:failed", "queue:retry", "queue:forget", "queue:flush", "queue:prune-failed"),
        *("schedule:run", "queue:monitor", "Horizon", "failed_jobs", "--tries", "--backoff", "--timeout"),
        *("Bus::batch", "stuck in PENDING"),
    ],
)
def test_every_concept_of_the_old_system_has_its_new_one(concept: str) -> None:
    (row, *_) = [line for line in LARAVEL.splitlines() if line.startswith("|") and concept in line.split("|")[1]]
    assert len(row.split("|")[2].strip()) > 0
