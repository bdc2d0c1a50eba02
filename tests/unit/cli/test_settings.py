"""`asinflow settings` tells everything that can be set."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def found(asinflow: CommandLine) -> dict[str, dict[str, Any]]:
    return {setting["variable"]: setting for setting in asinflow.json("settings")}


def test_every_setting_has_a_meaning(found: dict[str, dict[str, Any]]) -> None:
    assert len(found) > 20
    assert [name for name, setting in found.items() if not setting["meaning"]] == []


def test_common_setting_is_listed_once_with_its_users(found: dict[str, dict[str, Any]]) -> None:
    assert {"api", "collector"} <= set(found["ASINFLOW_LOG_LEVEL"]["services"])
    assert found["ASINFLOW_LOG_LEVEL"]["type"] == "DEBUG | INFO | WARNING | ERROR"


def test_credentials_in_defaults_are_masked(found: dict[str, dict[str, Any]]) -> None:
    assert found["ASINFLOW_AMQP_URL"]["default"] == "amqp://guest:***@127.0.0.1:5672/"
    assert found["ASINFLOW_AMQP_URL"]["type"] == "secret"


def test_service_narrows_the_list(asinflow: CommandLine) -> None:
    names = {setting["variable"] for setting in asinflow.json("settings", "--service", "api")}
    assert "ASINFLOW_MAX_ITEMS_PER_JOB" in names
    assert "ASINFLOW_USER_AGENT" not in names


def test_piped_settings_are_tab_separated(asinflow: CommandLine) -> None:
    lines = asinflow("settings").stdout.splitlines()
    assert lines[0].split("\t") == ["VARIABLE", "TYPE", "DEFAULT", "MEANING", "PROCESSES"]
    assert all(line.count("\t") == 4 for line in lines)
