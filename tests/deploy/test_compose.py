"""The system on one machine with Docker: what its linter says, and that it is the local stack once more."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.setting import all_settings, service_names
from deploy.local import nodetools
from deploy.local.folder import RunFolder
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from tests.deploy.kubernetes import ROOT

FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("asinflow:")}


def lint(file: Path, modules: Path) -> subprocess.CompletedProcess[str]:
    command = [modules / ".bin" / "dclint", "--max-warnings", "0", file]
    return subprocess.run(command, env=nodetools.environment(), capture_output=True, text=True, check=False)


def test_the_linter_has_nothing_to_say(node_modules: Path) -> None:
    run = lint(FILE, node_modules)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("    image: mongo:8.0.13\n", "    image: mongo:latest\n"),
        ("    image: mongo:8.0.13\n", "    image: mongo\n    nonsense: true\n"),
        ("'127.0.0.1:8080:8080'", "'8080:8080'"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, node_modules: Path, line: str, broken: str) -> None:
    text = FILE.read_text()
    assert line in text
    (tmp_path / "compose.yaml").write_text(text.replace(line, broken))
    assert lint(tmp_path / "compose.yaml", node_modules).returncode != 0


def test_services_are_those_of_the_product_and_what_they_need() -> None:
    assert set(OURS) == {*service_names(), "migrate", "storefront"}
    assert set(SERVICES) - set(OURS) == {"rabbitmq", "mongo", "prometheus", "alertmanager", "grafana"}
    assert {name: OURS[name]["command"][0] for name in service_names()} == {name: name for name in service_names()}


def test_settings_are_those_of_the_local_stack(tmp_path: Path) -> None:
    """But for the name of the process, which is its container's."""
    folder = RunFolder(tmp_path)
    folder.create()
    stack = Stack(folder, {"ASINFLOW_AMQP_URL": "amqp://x", "ASINFLOW_MONGO_URL": "mongodb://x"}, Ports({}))
    local = {program.name.removesuffix("-1"): program.environment for program in stack.programs()}
    stack.ports.close()
    for name in service_names():
        assert set(OURS[name]["environment"]) == set(local[name]) - {"ASINFLOW_INSTANCE"}, name


def test_every_variable_is_a_setting_and_every_secret_is_given_from_outside() -> None:
    known = {setting.variable: setting for setting in all_settings()}
    for variable, value in OURS["api"]["environment"].items():
        assert variable in known
        if known[variable].type == "secret" and variable != "ASINFLOW_MONGO_URL":
            assert ":?" in value
    wanted = set(re.findall(r"\$\{(\w+)", FILE.read_text()))
    example = (ROOT / "deploy" / "compose.env.example").read_text()
    assert wanted == set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_nothing_starts_before_what_it_needs_is_well() -> None:
    for name in service_names():
        assert {needed: how["condition"] for needed, how in SERVICES[name]["depends_on"].items()} == {
            "mongo": "service_healthy",
            "rabbitmq": "service_healthy",
        }
    for name, service in SERVICES.items():
        assert service["healthcheck"].get("test") or name == "migrate", name


def test_every_container_is_confined_and_bounded() -> None:
    for name, service in SERVICES.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()
        assert re.search(r":v?\d+\.\d+\.\d+", service["image"]), name


def test_processes_get_the_time_that_they_take_to_stop() -> None:
    for name in service_names():
        grace = float(OURS[name]["stop_grace_period"].removesuffix("s"))
        assert grace >= float(OURS[name]["environment"]["ASINFLOW_SHUTDOWN_SECONDS"]) + 5


def test_mounted_files_exist() -> None:
    sources = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    here = [FILE.parent / source for source in sources if source.startswith(".")]
    assert [str(path) for path in here if not path.exists()] == []
    assert {source for source in sources if not source.startswith(".")} == set(COMPOSE["volumes"])
