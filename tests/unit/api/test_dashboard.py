"""The dashboard's files: what they are served with, and that they belong together."""

import json
import re
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from services.api.dashboard import STATIC, policy
from services.api.deltas import Change
from shared.amazon.marketplaces import MARKETPLACES
from shared.jobs import ItemStatus, JobStatus, JobType
from shared.user_events import UserEventType
from shared.webhooks import DeliveryState
from tests.unit.api.builders import api_settings

UI = STATIC / "ui"
LANGUAGES = ("en", "ko", "ja")
MODULES = sorted(UI.rglob("*.js"))
CATALOGUES = {name: json.loads((UI / "locales" / f"{name}.json").read_text()) for name in LANGUAGES}
Message = str | dict[str, str]
# Keys in messages made of a fixed part and a value of the API.
FAMILIES = {
    "status": JobStatus,
    "item": ItemStatus,
    "type": JobType,
    "change": Change,
    "delivery": DeliveryState,
    "event": UserEventType,
}


def message_forms(message: Message) -> dict[str, str]:
    """Its texts by plural category (CLDR)."""
    return message if isinstance(message, dict) else {"other": message}


def forms(message: Message) -> list[str]:
    return list(message_forms(message).values())


@pytest.mark.parametrize("path", ["/", "/ui/main.js", "/ui/css/base.css", "/ui/nothing.js"])
async def test_page_and_files_carry_the_policy(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path)).headers
    assert headers["content-security-policy"] == policy(api_settings().image_hosts)
    assert headers["cache-control"] == "no-cache"


async def test_answers_of_the_interface_carry_none(client: httpx.AsyncClient) -> None:
    assert "content-security-policy" not in (await client.get("/healthz")).headers


def test_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in policy(("https://images.example",))


@pytest.mark.parametrize("hosts", ["https://a.example; script-src *", "images", "https://a.example/path", "*"])
def test_image_hosts_are_origins_only(hosts: str) -> None:
    with pytest.raises(ValidationError):
        api_settings(image_hosts=hosts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_has_every_message(language: str) -> None:
    assert CATALOGUES[language].keys() == CATALOGUES["en"].keys()
    assert all(text.strip() for message in CATALOGUES[language].values() for text in forms(message))


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_what_is_filled_in(language: str) -> None:
    def names(message: Message) -> set[str]:
        return {name for text in forms(message) for name in re.findall(r"\{(\w+)\}", text)}

    assert {k: names(v) for k, v in CATALOGUES["en"].items()} == {k: names(v) for k, v in CATALOGUES[language].items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    wanted = {"en": {"one", "other"}, "ko": {"other"}, "ja": {"other"}}[language]
    assert {key for key, message in CATALOGUES[language].items() if set(message_forms(message)) - wanted} == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_message_of_a_module_is_there(module: Path) -> None:
    used = set(re.findall(r'\bt\("([^"]+)"', module.read_text()))
    assert used - CATALOGUES["en"].keys() == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_the_interface_has_a_name(family: str) -> None:
    assert {f"{family}.{value}" for value in FAMILIES[family]} - CATALOGUES["en"].keys() == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_modules_import_what_is_there_and_make_no_markup(module: Path) -> None:
    text = module.read_text()
    for name in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', text):
        assert (module.parent / name).is_file(), name
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)


def test_form_offers_every_marketplace() -> None:
    listed = re.findall(r'"(amazon\.[a-z.]+)"', (UI / "core" / "asins.js").read_text())
    assert listed == list(MARKETPLACES)


def test_page_fetches_what_its_first_module_needs_at_once() -> None:
    preloaded = re.findall(r'rel="modulepreload" href="/ui/([^"]+)"', (STATIC / "index.html").read_text())
    needed = re.findall(r'^import .* from "\./([^"]+)"', (UI / "main.js").read_text(), re.MULTILINE)
    assert set(needed) <= set(preloaded)
    assert all((UI / name).is_file() for name in preloaded)
