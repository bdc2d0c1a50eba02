"""The AsyncAPI document is correct by the official parser, and true to the messages."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.local import nodetools
from deploy.local.folder import ROOT
from deploy.reference.asyncapi import document
from shared.messages import MESSAGES
from tests.conftest import unavailable

CHECKER = Path(__file__).with_name("asyncapi.cjs")


Complaints = list[dict[str, Any]]


def checked(texts: list[str]) -> list[Complaints]:
    """What the parser finds wrong with each, warnings included; what it cannot read at all counts as well."""
    node = nodetools.node()
    if node is None or not nodetools.is_installed():
        unavailable("the Node packages are not installed")
    environment = {**nodetools.environment(), "NODE_PATH": str(nodetools.MODULES)}
    result = subprocess.run(
        [str(node), str(CHECKER)], input=json.dumps(texts), env=environment, check=True, capture_output=True, text=True
    )
    answers = json.loads(result.stdout)
    return [answer["found"] or ([] if answer["read"] else [{"message": "unreadable"}]) for answer in answers]


def _without_action(broken: dict[str, Any]) -> None:
    del broken["operations"]["apiSendsJobSubmitted"]["action"]


def _unknown_channel(broken: dict[str, Any]) -> None:
    broken["operations"]["apiSendsJobSubmitted"]["channel"] = {"$ref": "#/channels/Nowhere"}


def _no_schema(broken: dict[str, Any]) -> None:
    broken["components"]["schemas"]["CollectItem"]["type"] = "thing"


DAMAGES = (_without_action, _unknown_channel, _no_schema)


@pytest.fixture(scope="module")
def complaints() -> list[Complaints]:
    """Of the document as it is, then of one with each damage: all in one process, whose start takes seconds."""
    broken = []
    for damage in DAMAGES:
        broken.append(copy.deepcopy(document()))
        damage(broken[-1])
    return checked([(ROOT / "docs" / "asyncapi.json").read_text(), *map(json.dumps, broken)])


def test_document_is_correct(complaints: list[Complaints]) -> None:
    assert complaints[0] == []


@pytest.mark.parametrize("number", range(1, len(DAMAGES) + 1), ids=[damage.__name__ for damage in DAMAGES])
def test_broken_document_is_refused(complaints: list[Complaints], number: int) -> None:
    assert complaints[number]


def test_every_message_has_its_channel_its_senders_and_its_schema() -> None:
    whole = document()
    assert set(whole["channels"]) == {model.__name__ for model in MESSAGES.values()}
    for model in MESSAGES.values():
        name = model.__name__
        actions = {
            operation["action"]
            for operation in whole["operations"].values()
            if operation["channel"]["$ref"] == f"#/channels/{name}"
        }
        assert actions == {"send", "receive"}, name
        assert whole["channels"][name]["address"].startswith(model.TYPE)
        assert whole["components"]["schemas"][name]["properties"].keys() == model.model_fields.keys()
