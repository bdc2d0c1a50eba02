"""Brings in everything that the project needs and starts nothing; runs on a bare Python, before any package is in."""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

from deploy.local import browser, gateway, nodetools, prometheus
from deploy.local.errors import LocalError
from deploy.local.rabbitmq import find_binaries

_ROOT = Path(__file__).resolve().parents[2]
_VENV = _ROOT / ".venv"
_PYTHON = _VENV / "bin" / "python"
_UV = _VENV / "bin" / "uv"
_STAMP = _VENV / "installed"
_PEERS = _ROOT / ".run" / "bench-venv"
_UV_VERSION = "0.13.9"
_LOCKS = ("requirements/dev.txt", "requirements/local.txt")
_INGREDIENTS = (*_LOCKS, "pyproject.toml", "deploy/local/install.py")

# Debian starts a server as soon as it is installed unless this policy forbids it. The system's own node is not wanted:
# it is neither started now nor at the next boot. A machine that has a policy of its own keeps it.
_APT_INSTALL = """
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\\nexit 101\\n' > "$policy"
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
set -- install -y -qq --no-install-recommends "$@"
apt-get "$@" >/dev/null || { apt-get update -qq >/dev/null && apt-get "$@" >/dev/null; }
"""
_STAY_OFF = """
if command -v systemctl >/dev/null; then systemctl disable --quiet "$@" || true; fi
"""


def main() -> int:
    """Set up the virtual environment and RabbitMQ where they are missing; 1 with the reason when one cannot be had.

    With `--observe` Prometheus and Alertmanager as well, with `--bench` what the benchmarks
    compare with, with `--browser` what tests of the dashboard look at it with, with `--gateway` what they
    put before the API.
    """
    try:
        _require_python()
        _create_environment()  # for which the system's package manager may be needed, by one at a time
        with ThreadPoolExecutor(1) as beside:
            programs = beside.submit(_install_programs)
            _install_packages()
            _install_node_packages()
            programs.result()
        if "--bench" in sys.argv:
            _install_peers()
    except (LocalError, subprocess.CalledProcessError) as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def _install_programs() -> None:
    """What the system's own package manager brings."""
    _install_rabbitmq()
    if "--observe" in sys.argv:
        _install_prometheus()
    if "--browser" in sys.argv:
        _install_browser()
    if "--gateway" in sys.argv:
        _install_gateway()


def _require_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  this file also runs on older ones, to say so
        raise LocalError("Python 3.11 or later is needed: install it, or name it by `make PYTHON=python3.12 …`")


def _install_packages() -> None:
    wanted = _fingerprint()
    if _PYTHON.exists() and _STAMP.exists() and _STAMP.read_text() == wanted:
        return
    _say("installing the locked Python packages into .venv")
    _STAMP.unlink(missing_ok=True)
    if _has_uv():
        _run(str(_UV), "pip", "sync", "--quiet", "--require-hashes", *_LOCKS)
        editable = [str(_UV), "pip", "install", "--quiet"]
    else:
        _say(f"uv {_UV_VERSION} cannot be had, so pip installs the packages, which takes longer")
        _pip("install", "--quiet", "--require-hashes", *[part for lock in _LOCKS for part in ("-r", lock)])
        editable = [str(_PYTHON), "-m", "pip", "install", "--quiet"]
    _run(*editable, "--no-deps", "--no-build-isolation", "--editable", ".")
    _STAMP.write_text(wanted)


def _fingerprint() -> str:
    """Changes with everything that decides what is installed, the place of the checkout included."""
    digest = hashlib.sha256(f"{sys.version} {_ROOT}".encode())
    for name in _INGREDIENTS:
        digest.update((_ROOT / name).read_bytes())
    return digest.hexdigest()


def _create_environment() -> None:
    if _PYTHON.exists():
        return
    if find_spec("ensurepip") is None:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        _apt_install(f"{version}-venv", why="to create a virtual environment")
    _run(sys.executable, "-m", "venv", "--clear", str(_VENV))


def _has_uv() -> bool:
    if _UV.exists() and _UV_VERSION in _output(str(_UV), "--version"):
        return True
    try:
        _pip("install", "--quiet", f"uv=={_UV_VERSION}")
    except subprocess.CalledProcessError:
        return False
    return True


def _install_node_packages() -> None:
    """Some tests check files with them; the system itself runs without, so that their absence stops nothing."""
    if nodetools.is_installed():
        return
    _say("installing the locked Node packages into .venv")
    if not nodetools.install():
        _say("the Node packages cannot be had: the tests that check files with them are skipped")


def _install_rabbitmq() -> None:
    if os.environ.get("ASINFLOW_AMQP_URL") or find_binaries():
        return
    _apt_install("rabbitmq-server", why="as the message broker (or set ASINFLOW_AMQP_URL to one that runs)")
    _as_root(_STAY_OFF, "rabbitmq-server", "epmd.socket")


def _install_prometheus() -> None:
    if not prometheus.missing():
        return
    _apt_install("prometheus", "prometheus-alertmanager", why="to watch the system and to check its alerts")
    _as_root(_STAY_OFF, "prometheus", "prometheus-alertmanager")


def _install_peers() -> None:
    """In an environment of their own: their requirements are not ours. Some of them count in Redis."""
    if not shutil.which("redis-server"):
        _apt_install("redis-server", why="by Celery and Dramatiq")
        _as_root(_STAY_OFF, "redis-server")
    lock = _ROOT / "requirements" / "bench.txt"
    wanted, stamp = hashlib.sha256(lock.read_bytes()).hexdigest(), _PEERS / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    _say("installing what the benchmarks compare with into .run/bench-venv")
    _run(sys.executable, "-m", "venv", "--clear", str(_PEERS))
    python = str(_PEERS / "bin" / "python")
    _run(python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--require-hashes", "-r", str(lock))
    stamp.write_text(wanted)


def _install_browser() -> None:
    """Only tests look at the dashboard with it: its absence stops nothing else."""
    if browser.is_installed():
        return
    try:
        _apt_install("chromium", why="to test the dashboard")
    except LocalError as error:
        _say(f"{error}: the tests of the dashboard are skipped")


def _install_gateway() -> None:
    """Only a test of an example needs it: its absence stops nothing else."""
    if gateway.nginx():
        return
    try:
        _apt_install("nginx", why="to test the example of a gateway")
    except LocalError as error:
        _say(f"{error}: the test of the gateway is skipped")
        return
    _as_root(_STAY_OFF, "nginx")


def _apt_install(*packages: str, why: str) -> None:
    package = " and ".join(packages)
    if shutil.which("apt-get") is None:
        raise LocalError(f"{package} is needed {why}: install it with the package manager of this system")
    _say(f"installing {package}, which is needed {why}")
    try:
        _as_root(_APT_INSTALL, *packages)
    except subprocess.CalledProcessError as error:
        raise LocalError(f"{package} is needed {why}, but apt-get could not install it") from error


def _as_root(script: str, *arguments: str) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and shutil.which("sudo") is None:
        raise LocalError(f"not root and no sudo: let an administrator install {' '.join(arguments)}")
    _run(*sudo, "sh", "-c", script, "sh", *arguments)


def _pip(*arguments: str) -> None:
    _run(str(_PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments)


def _run(*command: str) -> None:
    # Standard output stays free for what the command that needed the set-up prints.
    subprocess.run(command, cwd=_ROOT, check=True, stdout=sys.stderr, env={**os.environ, "VIRTUAL_ENV": str(_VENV)})


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=_ROOT, check=False, capture_output=True, text=True).stdout


def _say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
