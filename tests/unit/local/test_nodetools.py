"""The Node packages that files are checked with."""

import json
import re
import subprocess
from pathlib import Path

from deploy.local import nodetools

REQUIREMENTS = Path(__file__).resolve().parents[3] / "requirements" / "node"


def test_every_package_has_one_version_and_a_hash_and_no_address() -> None:
    wanted = json.loads((REQUIREMENTS / "package.json").read_text())["dependencies"]
    locked = json.loads((REQUIREMENTS / "package-lock.json").read_text())["packages"]
    packages = {name: entry for name, entry in locked.items() if name}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}
    assert [name for name, entry in packages.items() if "integrity" not in entry or "resolved" in entry] == []


def test_set_up_brings_the_locked_packages(node_modules: Path) -> None:
    command = node_modules / ".bin" / "dclint"
    run = subprocess.run(
        [command, "--version"], env=nodetools.environment(), capture_output=True, text=True, check=True
    )
    wanted = json.loads((REQUIREMENTS / "package.json").read_text())["dependencies"]
    assert run.stdout.strip() == wanted["dclint"]
