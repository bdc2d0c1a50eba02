"""What the manifests set exists in the settings classes, and what exists there is set or shown."""

from __future__ import annotations

import re

import pytest

from cli.setting import all_settings, classes_of, service_names
from deploy.k8s.scaling import useful_collectors, useful_expanders
from services.collector.queues import collect_queue
from services.collector.settings import CollectorSettings
from services.expander.queues import JOB_SUBMITTED
from services.expander.settings import ExpanderSettings
from shared.settings import Settings
from tests.deploy.kubernetes import KUBERNETES, OVERLAYS, SERVICES, environment, named, of_kind, pod_templates, rendered

KNOWN = {name: {s.variable for s in all_settings() if name in s.services} for name in SERVICES}
COMMON = set.intersection(*KNOWN.values())


def loaded(overlay: str, service: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that a process of this overlay would have; what a Secret holds is made up."""
    documents = rendered(overlay)
    (template,) = [found for name, found in pod_templates(documents) if name == service]
    made_up = {"ASINFLOW_AMQP_URL": "amqp://broker", "ASINFLOW_MONGO_URL": "mongodb://database"}
    for variable, value in environment(documents, template).items():
        if value or variable in made_up:
            monkeypatch.setenv(variable, value or made_up[variable])
    monkeypatch.setenv("ASINFLOW_JWT_SECRET", "s" * 32)
    (cls,) = [cls for cls in classes_of(service) if cls.__module__ == f"services.{service}.settings"]
    return cls.load()


def test_there_is_a_deployment_for_every_service() -> None:
    assert sorted(SERVICES) == sorted(service_names())


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_variable_that_is_set_is_a_setting(overlay: str) -> None:
    documents = rendered(overlay)
    for name, template in pod_templates(documents):
        assert environment(documents, template).keys() - KNOWN.get(name, COMMON) == set(), name


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_set_or_shown(service: str) -> None:
    documents = rendered("production")
    (template,) = [found for name, found in pod_templates(documents) if name == service]
    files = [(KUBERNETES / "base" / "settings" / f"{name}.env").read_text() for name in ("common", service)]
    shown = set(re.findall(r"^#? ?(ASINFLOW_\w+)=", "\n".join(files), re.MULTILINE))
    assert KNOWN[service] - shown - environment(documents, template).keys() <= {
        "ASINFLOW_UNTIL_EMPTY",
        "ASINFLOW_REVISION",
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_process_would_start_with_its_settings(
    overlay: str, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert loaded(overlay, service, monkeypatch).http_port == 8080


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_written_down(overlay: str) -> None:
    secret = {setting.variable for setting in all_settings() if setting.type == "secret"}
    assert of_kind(rendered(overlay), "Secret") == []
    for config in of_kind(rendered(overlay), "ConfigMap"):
        assert not secret & config["data"].keys()


def test_scaling_ends_where_the_pace_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = loaded("production", "collector", monkeypatch)
    expander = loaded("production", "expander", monkeypatch)
    assert isinstance(collector, CollectorSettings)
    assert isinstance(expander, ExpanderSettings)
    expected = {
        "collector": useful_collectors(collector),
        "expander": useful_expanders(expander, expander.concurrency),
    }
    found = {
        scaled["metadata"]["name"]: scaled["spec"]["maxReplicaCount"]
        for scaled in of_kind(rendered("production"), "ScaledObject")
    }
    assert found == expected


def test_bound_of_scaling_follows_pace_and_egress() -> None:
    slow = CollectorSettings(marketplaces=("amazon.co.jp",), interval_seconds=2.0)
    fast = CollectorSettings(marketplaces=("amazon.co.jp",), interval_seconds=0.02)
    more = CollectorSettings(marketplaces=("amazon.co.jp",), interval_seconds=0.02, egress="direct,a=http://a:1")
    free = CollectorSettings(marketplaces=("amazon.co.jp",), interval_seconds=0)
    # 0.5, 50 and 100 pages a second: 16 at once that take 3 s each are 5.3 a second of one collector; and one to spare.
    assert [useful_collectors(settings) for settings in (slow, fast, more, free)] == [2, 11, 20, 20]


def test_triggers_watch_the_queues_of_the_marketplaces_served(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = loaded("production", "collector", monkeypatch)
    assert isinstance(collector, CollectorSettings)
    triggers = named(rendered("production"), "ScaledObject", "collector")["spec"]["triggers"]
    lengths = [t["metadata"] for t in triggers if t["metadata"].get("mode") == "QueueLength"]
    (rate,) = [t["metadata"] for t in triggers if t["metadata"].get("mode") == "MessageRate"]
    queues = {collect_queue(name).name: collector.prefetch_for(name) for name in collector.marketplaces}
    assert {length["queueName"]: int(length["value"]) for length in lengths} == queues
    assert all(re.search(rate["queueName"], name) for name in queues)
    assert not re.search(rate["queueName"], JOB_SUBMITTED.name)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_those_who_share_the_pace_agree_on_it(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expander and collector take from one pace, and the API offers what they serve."""
    collector, expander = (loaded(overlay, name, monkeypatch) for name in ("collector", "expander"))
    for field in ("marketplaces", "interval_seconds", "sources", "user_agent", "upstream_url"):
        assert getattr(collector, field) == getattr(expander, field), field
    assert getattr(loaded(overlay, "api", monkeypatch), "marketplaces") == getattr(collector, "marketplaces")  # noqa: B009
