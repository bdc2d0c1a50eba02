"""The dashboard's files: what they are served with, and that they belong together."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import httpx
import pytest
from pydantic import ValidationError

from services.api.dashboard import STATIC, policy
from services.api.deltas import Change
from services.api.failures import REFUSALS
from services.sweeper.expiry import EXPIRED, LIMIT_REACHED
from shared.amazon.marketplaces import MARKETPLACES
from shared.amazon.pages.kinds import MARKS
from shared.jobs import ItemStatus, JobStatus, JobType, Step
from shared.profit import load_tables
from shared.profit.reasons import ReasonCode
from shared.quality import GateField
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
    "kind": Step,
    "reason": ReasonCode,
    "refusal": REFUSALS,
    "field": get_args(GateField),
    "category": load_tables(None).categories.categories,
    "error": [reason for _, _, reason, _ in MARKS],
    "why": [key.removeprefix("error.") for key in CATALOGUES["en"] if key.startswith("error.")],
    "unanswered": ["connect", "timeout", "broken", "malformed", "forbidden"],
}
# Words that are the same in all languages.
SAME = {"product.asin"}


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


@pytest.mark.parametrize("language", ["ko", "ja"])
def test_nothing_is_left_in_english(language: str) -> None:
    told, english = CATALOGUES[language], CATALOGUES["en"]
    assert {key for key in english if forms(told[key])[-1] == forms(english[key])[-1]} == SAME


def test_secrets_have_one_name_in_korean() -> None:
    assert not [key for key, message in CATALOGUES["ko"].items() if "비밀" in "".join(forms(message))]


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


@pytest.mark.parametrize(
    ("module", "name", "values"),
    [("parts/gate.js", "FIELDS", get_args(GateField)), ("views/products.js", "CATEGORIES", FAMILIES["category"])],
)
def test_forms_offer_every_choice_of_the_interface(module: str, name: str, values: Iterable[str]) -> None:
    [listed] = re.findall(rf"const {name} = \[([^\]]+)\]", (UI / module).read_text())
    assert re.findall(r'"(\w+)"', listed) == list(values)


def test_ends_that_the_sweeper_gives_jobs_are_told_in_words() -> None:
    known = re.findall(r'"(Timeout: [^"]+)"', (UI / "parts" / "jobs.js").read_text())
    assert all(any(reason.startswith(each) for each in known) for reason in (EXPIRED, LIMIT_REACHED))


def test_page_fetches_what_its_first_module_needs_at_once() -> None:
    preloaded = re.findall(r'rel="modulepreload" href="/ui/([^"]+)"', (STATIC / "index.html").read_text())
    needed = re.findall(r'^import .* from "\./([^"]+)"', (UI / "main.js").read_text(), re.MULTILINE)
    assert set(needed) <= set(preloaded)
    assert all((UI / name).is_file() for name in preloaded)
