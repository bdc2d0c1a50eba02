"""Settings come from the environment; a wrong one is named with what it takes."""

from __future__ import annotations

import pytest

from services.collector.settings import CollectorSettings
from services.expander.settings import ExpanderSettings
from shared.amazon.marketplaces import MARKETPLACES
from shared.settings import FetchSettings, MarketplaceSettings, Settings, SettingsError


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MARKETPLACES", "DEFAULT_MARKETPLACE", "INTERVAL_SECONDS", "HTTP_PORT", "LOG_LEVEL", "MONGO_URL"):
        monkeypatch.delenv(f"ASINFLOW_{name}", raising=False)


def refusal(monkeypatch: pytest.MonkeyPatch, settings: type[Settings], **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(f"ASINFLOW_{name}", value)
    with pytest.raises(SettingsError) as caught:
        settings.load()
    return caught.value.message


def test_every_marketplace_is_served_unless_told() -> None:
    assert MarketplaceSettings.load().marketplaces == tuple(MARKETPLACES)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("amazon.de", ("amazon.de",)),
        ("amazon.co.jp,amazon.de", ("amazon.co.jp", "amazon.de")),
        (" amazon.co.jp , amazon.com.be ,", ("amazon.co.jp", "amazon.com.be")),
    ],
)
def test_marketplaces_are_separated_by_commas(
    monkeypatch: pytest.MonkeyPatch, given: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ASINFLOW_MARKETPLACES", given)
    assert MarketplaceSettings.load().marketplaces == expected


def test_unknown_marketplace_is_named_with_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, MarketplaceSettings, MARKETPLACES="amazon.de,amazon.example")
    assert message.startswith("ASINFLOW_MARKETPLACES: ")
    assert "'amazon.example' is no known marketplace" in message
    assert "amazon.co.jp" in message


@pytest.mark.parametrize("nothing", ["", " ", ",,"])
def test_serving_no_marketplace_is_refused(monkeypatch: pytest.MonkeyPatch, nothing: str) -> None:
    assert "ASINFLOW_MARKETPLACES" in refusal(monkeypatch, MarketplaceSettings, MARKETPLACES=nothing)


def test_unknown_default_marketplace_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ASINFLOW_DEFAULT_MARKETPLACE" in refusal(monkeypatch, MarketplaceSettings, DEFAULT_MARKETPLACE="ebay.de")


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, Settings, HTTP_PORT="http", LOG_LEVEL="LOUD")
    assert "ASINFLOW_HTTP_PORT: " in message
    assert "ASINFLOW_LOG_LEVEL: " in message


@pytest.mark.parametrize("interval", ["-1", "soon", "nan", "7200"])
def test_senseless_interval_is_refused(monkeypatch: pytest.MonkeyPatch, interval: str) -> None:
    assert "ASINFLOW_INTERVAL_SECONDS" in refusal(monkeypatch, FetchSettings, INTERVAL_SECONDS=interval)


def test_addresses_with_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASINFLOW_MONGO_URL", "mongodb://ann:hunter2@db/")
    assert "hunter2" not in repr(Settings.load())


@pytest.mark.parametrize(("interval", "expected"), [(0, 800), (2.0, 18), (0.05, 750), (0.01, 800), (3600, 4)])
def test_prefetch_fits_the_pace(interval: float, expected: int) -> None:
    assert CollectorSettings(interval_seconds=interval).prefetch_for("amazon.co.jp") == expected


def test_defaults_are_those_of_the_contract() -> None:
    collector, expander = CollectorSettings(), ExpanderSettings()
    assert (collector.interval_seconds, collector.max_attempts, expander.user_concurrent_jobs) == (2.0, 3, 5)


def test_refusal_is_in_our_own_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(monkeypatch, MarketplaceSettings, MARKETPLACES="amazon.example")
    assert told.startswith("ASINFLOW_MARKETPLACES: 'amazon.example' is no known marketplace")
