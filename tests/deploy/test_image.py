"""The image: what its linter says, what goes into it, and that what runs in it is complete."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.deploy.kubernetes import OVERLAYS, ROOT, environment, pod_templates, rendered

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PACKAGES = ("shared", "services", "migrations", "cli", "deploy")


def lint(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "Dockerfile"
    file.write_text(text)
    hadolint = Path(sys.executable).with_name("hadolint")
    return subprocess.run([hadolint, "--failure-threshold", "style", file], capture_output=True, text=True, check=False)


def test_the_linter_has_nothing_to_say(tmp_path: Path) -> None:
    run = lint(DOCKERFILE.read_text(), tmp_path)
    assert (run.returncode, run.stdout) == (0, "")


@pytest.mark.parametrize(
    ("line", "broken"),
    [
        ("ARG PYTHON_VERSION=3.11.14", "ARG PYTHON_VERSION=3.11.14\nFROM debian:latest"),
        ('ENTRYPOINT ["asinflow"]', "ENTRYPOINT asinflow"),
        ("WORKDIR /opt/asinflow", "RUN cd /opt/asinflow"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, line: str, broken: str) -> None:
    text = DOCKERFILE.read_text()
    assert line in text
    assert lint(text.replace(line, broken), tmp_path).returncode != 0


def test_it_runs_as_a_number_and_keeps_no_tools() -> None:
    final = DOCKERFILE.read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER (\d+):\1$", final, re.MULTILINE)
    assert "pip uninstall --yes --root-user-action=ignore setuptools wheel pip" in final
    assert "apt-get" not in final
    assert not re.search(r"^HEALTHCHECK", final, re.MULTILINE)
    for label in ("title", "description", "licenses", "version", "revision", "created"):
        assert f"org.opencontainers.image.{label}=" in final


def test_it_tells_the_commit_it_was_built_from() -> None:
    """By its label to whoever has the image, by its environment to the process; nothing in the manifests hides it."""
    final = DOCKERFILE.read_text().rpartition("\nFROM ")[2]
    assert final.index("ARG REVISION") < final.index("ENV ")
    assert re.search(r"^ENV .*\bASINFLOW_REVISION=\$\{REVISION\}", final, re.MULTILINE)
    for overlay in OVERLAYS:
        documents = rendered(overlay)
        for name, template in pod_templates(documents):
            assert "ASINFLOW_REVISION" not in environment(documents, template), name


def test_everything_that_is_installed_has_a_hash() -> None:
    text = DOCKERFILE.read_text()
    installs = re.findall(r"pip (?:--python \S+ )?install [^&]*", text.replace("\\\n", " "))
    assert len(installs) == 3
    assert all("--require-hashes" in one or ("--no-index" in one and "--no-deps" in one) for one in installs)
    for lock in re.findall(r"requirements/[\w-]+\.txt", text):
        assert "--hash=sha256:" in (ROOT / lock).read_text()


def test_it_has_every_extra() -> None:
    """Whatever a setting can ask for is there."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["dynamic"]
    files = [Path(entry["file"][0]) for entry in (extras["dependencies"], *extras["optional-dependencies"].values())]
    text = DOCKERFILE.read_text()
    assert [str(file) for file in files if f"-r {file.with_suffix('.txt')}" not in text or str(file) not in text] == []


def test_what_is_copied_is_let_into_the_context() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE.read_text().replace("\\\n", " "), re.MULTILINE)
        for source in line.split()
    ]
    assert copied
    for source in copied:
        assert (ROOT / source).exists()
        assert any(Path(source).match(pattern) for pattern in allowed), source


def test_the_wheel_holds_every_module_and_every_file_that_modules_read(tmp_path: Path) -> None:
    """Built as in the image: without isolation, from the sources alone."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, "."]
    context = tmp_path / "context"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [
        name for name in tracked.split("\0") if name.split("/")[0] in {*PACKAGES, "requirements"} or "/" not in name
    ]
    for name in filter(None, files):
        target = context / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(command, cwd=context, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {name for name in files if name.split("/")[0] in PACKAGES and _is_read(name)}
    assert sorted(wanted - inside) == []


def _is_read(name: str) -> bool:
    """Python and what it reads beside itself; manifests and dashboards are for others."""
    if name.startswith(("deploy/k8s/", "deploy/prometheus/", "deploy/grafana/", "deploy/rabbitmq/")):
        return False
    return name.endswith((".py", ".json", ".toml", ".html", ".js", ".css", ".svg", ".typed"))
