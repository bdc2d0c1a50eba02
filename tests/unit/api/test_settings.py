"""Settings of the API: what it refuses to start with."""

import pytest
from pydantic import ValidationError

from services.api.settings import ApiSettings
from shared.auth import issue_token
from shared.settings import SettingsError
from tests.unit.api.builders import api_settings


def test_some_key_to_check_tokens_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASINFLOW_JWT_SECRET", raising=False)
    monkeypatch.delenv("ASINFLOW_JWKS_URL", raising=False)
    with pytest.raises(SettingsError, match="ASINFLOW_JWT_SECRET"):
        ApiSettings.load()


def test_short_secret_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 32 bytes"):
        api_settings(jwt_secret="x" * 31)
    assert issue_token("x" * 32, "ann")
    assert api_settings(jwt_secret="x" * 32).jwt_secret is not None


def test_key_set_alone_is_enough() -> None:
    assert api_settings(jwt_secret=None, jwks_url="https://id.test/keys").jwt_secret is None


def test_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASINFLOW_JWT_SECRET", "hush" * 8)
    assert "hush" not in repr(ApiSettings.load())


def test_largest_body_grows_with_the_largest_job() -> None:
    assert api_settings(max_items_per_job=1_000_000).max_body_bytes > 13 * 1_000_000
