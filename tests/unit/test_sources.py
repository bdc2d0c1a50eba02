"""Which source serves a marketplace, and what the settings ask of it."""

from __future__ import annotations

import importlib

import pytest
import structlog

from services.collector.settings import CollectorSettings
from shared.amazon.identifiers import Item
from shared.amazon.marketplaces import MARKETPLACES
from shared.amazon.pages import Listing
from shared.creators.regions import REGION_OF, REGIONS
from shared.settings import FetchSettings, SettingsError
from shared.sources import Sources, warn_of_nameless
from tests.builders import HOME, asin
from tests.fakes import FakeSource

OTHER = "amazon.com"
FAR_EAST = {"CREATORS_FE_ID": "id", "CREATORS_FE_SECRET": "hunter2", "CREATORS_FE_VERSION": "3.3"}
TAGS = {"CREATORS_TAGS": f"{HOME}=mine-22"}
COMPLETE = {"SOURCES": f"{HOME}=creators", **FAR_EAST, **TAGS}


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> FetchSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"ASINFLOW_{name}", value)
    return FetchSettings.load()


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, **variables)
    return caught.value.message


async def test_each_marketplace_is_asked_by_its_own_source() -> None:
    usual, other = FakeSource(), FakeSource()
    sources = Sources(usual, {HOME: other})
    await sources.product(Item(asin(1), HOME), lambda: True)
    await sources.product(Item(asin(2), OTHER), lambda: True)
    assert (usual.asked, other.asked) == ([asin(2)], [asin(1)])


async def test_each_listing_is_read_by_its_own_source() -> None:
    usual, other = FakeSource(), FakeSource()
    usual.pages["page"], other.pages["page"] = Listing(asins=(asin(1),)), Listing(asins=(asin(2),))
    sources = Sources(usual, {HOME: other})
    assert (await sources.listing("page", HOME, lambda: True)).asins == (asin(2),)
    assert (await sources.listing("page", OTHER, lambda: True)).asins == (asin(1),)


def test_pages_are_the_source_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert FetchSettings().source_of(HOME) == "html"
    settings = load(monkeypatch, **COMPLETE | {"SOURCES": f"{HOME}=creators, {OTHER}=html"})
    assert (settings.source_of(HOME), settings.source_of(OTHER)) == ("creators", "html")


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, SOURCES=f"{HOME}=creators")
    assert message.startswith("ASINFLOW_SOURCES: ")
    for name in FAR_EAST:
        assert f"ASINFLOW_{name}" in message
    assert f"ASINFLOW_CREATORS_TAGS with {HOME}=your-tag" in message


def test_credentials_of_another_region_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = {"CREATORS_TAGS": f"{OTHER}=mine-20"}
    assert "ASINFLOW_CREATORS_NA_ID" in refusal(monkeypatch, SOURCES=f"{OTHER}=creators", **FAR_EAST, **tags)


def test_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.settings.find_spec", lambda name: None)
    assert "pip install 'asinflow[amazon-api]'" in refusal(monkeypatch, **COMPLETE)


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"SOURCES": "amazon.cn=creators"}, "amazon.cn has no Creators API"),
        ({"SOURCES": "ebay.de=html"}, "'ebay.de' is no known marketplace"),
        ({"SOURCES": HOME}, "give marketplace=value"),
        ({"SOURCES": f"{HOME}=ftp"}, "html"),
        ({"CREATORS_TAGS": "mine-22"}, "give marketplace=value"),
        ({"CREATORS_EU_VERSION": "4.1"}, "no known version"),
        (COMPLETE | {"UPSTREAM_URL": "http://127.0.0.1:1"}, "ASINFLOW_CREATORS_URL"),
    ],
)
def test_wrong_choice_of_source_is_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], complaint: str
) -> None:
    assert complaint in refusal(monkeypatch, **variables)


def test_secrets_of_the_api_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in repr(load(monkeypatch, **COMPLETE))


def test_every_marketplace_of_a_region_is_known() -> None:
    assert set(REGION_OF) <= set(MARKETPLACES)
    assert set(REGION_OF.values()) == set(REGIONS)


def test_regions_have_the_marketplaces_of_the_library() -> None:
    pytest.importorskip("amazon_creatorsapi")
    known = importlib.import_module("amazon_creatorsapi.core.marketplaces").MARKETPLACES
    assert {host.removeprefix("www.") for host in known.values()} <= set(REGION_OF)


def test_calls_of_ten_let_more_messages_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASINFLOW_HOLD_SECONDS", "60")
    load(monkeypatch, **COMPLETE)
    settings = CollectorSettings.load()
    assert (settings.prefetch_for(OTHER), settings.prefetch_for(HOME)) == (4, 75)


@pytest.mark.parametrize(
    ("variables", "told"),
    [({}, 1), ({"USER_AGENT": "Me/1 (me@example.com)"}, 0), ({"UPSTREAM_URL": "http://127.0.0.1:1"}, 0)],
)
def test_nameless_collector_of_real_marketplaces_is_warned(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], told: int
) -> None:
    settings = load(monkeypatch, **variables)
    with structlog.testing.capture_logs() as records:
        warn_of_nameless(settings)
    assert [record["event"] for record in records] == ["no_contact"] * told
