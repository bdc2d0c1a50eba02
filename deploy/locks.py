"""What must hold for every lock, whoever may be reached: pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)")
_ADDRESS = re.compile(r"https?://|^\s*(-i|--index-url|--extra-index-url|--find-links|--trusted-host)\b", re.M)


@dataclass(frozen=True)
class Lock:
    """A requirements file with exact versions; `pins` holds them by name."""

    name: str
    text: str

    @property
    def entries(self) -> list[str]:
        """One logical line each, comments left out."""
        joined = re.sub(r"\\\n\s*", " ", self.text)
        lines = (line.partition(" #")[0].strip() for line in joined.splitlines())
        return [line for line in lines if line and not line.startswith("#")]

    @property
    def pins(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for entry in self.entries:
            if pin := _PIN.match(entry):
                found.setdefault(canonical(pin[1]), set()).add(pin[2])
        return found


def canonical(name: str) -> str:
    """A project's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for(text: str) -> set[str]:
    """The names that a `.in` file asks for itself."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {canonical(found[1]) for line in lines if not line.startswith("-") and (found := _NAME.match(line))}


def complaints(lock: Lock, asked: set[str]) -> list[str]:
    """What is wrong with a lock; nothing when all is well."""
    found = [f"{lock.name}: not pinned: {entry[:60]}" for entry in lock.entries if not _PIN.match(entry)]
    found += [f"{lock.name}: without a hash: {entry.split()[0]}" for entry in lock.entries if not _HASH.search(entry)]
    if _ADDRESS.search(lock.text):
        found.append(f"{lock.name}: names an address of an index")
    found += [f"{lock.name}: does not lock {name}" for name in sorted(asked - lock.pins.keys())]
    return found


def disagreements(part: Lock, whole: Lock) -> list[str]:
    """Versions that the tests run with and the services do not."""
    return [
        f"{name}: {', '.join(sorted(versions))} in {part.name}, {', '.join(sorted(other))} in {whole.name}"
        for name, versions in part.pins.items()
        if (other := whole.pins.get(name, set())) and versions != other
    ]


def verdicts(told: str) -> tuple[list[str], list[str]]:
    """What pip-audit's JSON says: a line for each known vulnerability, and the packages that could not be looked up.

    Raises ValueError for what is no such answer.
    """
    match json.loads(told):
        case {"dependencies": list(dependencies)}:
            pass
        case _:
            raise ValueError("no answer of pip-audit")
    vulnerable, unknown = [], []
    for each in dependencies:
        if "skip_reason" in each:
            unknown.append(str(each["name"]))
        for known in each.get("vulns", ()):
            mended = ", ".join(known.get("fix_versions") or ()) or "no version"
            vulnerable.append(f"{each['name']} {each['version']}: {known['id']}, mended in {mended}")
    return vulnerable, unknown
