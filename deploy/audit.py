"""`make audit`: are our dependencies pinned, used, not withdrawn, and without known vulnerabilities?

Exits 0 when all is known and well, 1 with what was found, 3 when nothing bad was found but a service could not be
asked: not knowing is not the same as being well.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.folder import ROOT
from deploy.locks import Lock, asked_for, complaints, disagreements, verdicts

REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(path.stem for path in REQUIREMENTS.glob("*.in"))
# What tests run with; and environments of their own, which have nothing to do with that: the servers of local runs, and
# the peers of benchmarks with whatever versions they ask for.
TESTED = "dev"
APART = {"local", "bench"}
BIN = Path(sys.executable).parent
SECONDS = 300
FOUND, UNKNOWN = 1, 3
# How the clients of the services say that they reached nobody.
UNREACHABLE = (
    "could not connect",
    "connectionerror",
    "connection error",
    "failed to establish",
    "failed to resolve",
    "max retries exceeded",
    "name resolution",
    "timed out",
    "proxyerror",
    "client error",
    "dns error",
    "error sending request",
    "failed to fetch",
    "service unavailable",
    "forbidden",
)


@dataclass
class Report:
    """What each check came to."""

    found: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def code(self) -> int:
        return FOUND if self.found else UNKNOWN if self.unknown else 0


def locks_are_sound(report: Report) -> None:
    locks = {name: Lock(f"{name}.txt", (REQUIREMENTS / f"{name}.txt").read_text()) for name in LOCKS}
    for name, lock in locks.items():
        report.found += complaints(lock, asked_for((REQUIREMENTS / f"{name}.in").read_text()))
    for name in sorted(locks.keys() - APART - {TESTED}):
        report.found += disagreements(locks[name], locks[TESTED])


def all_are_used(report: Report) -> None:
    done = _run("deptry", ".", "--no-ansi")
    if done.returncode:
        report.found += [line for line in done.stderr.splitlines() if ": DEP" in line] or [done.stderr[-2_000:]]


def none_is_withdrawn(report: Report) -> None:
    """Asks the package index, which says so when a version was yanked (PEP 592)."""
    for name in LOCKS:
        with tempfile.TemporaryDirectory() as target:
            lock = str(REQUIREMENTS / f"{name}.txt")
            done = _run("uv", "pip", "install", "--dry-run", "--no-deps", "--target", target, "-r", lock)
        report.found += [f"{name}.txt: {line}" for line in done.stderr.splitlines() if "is yanked" in line]
        if done.returncode:
            _judge(report, f"withdrawn versions in {name}.txt", done)


def none_is_vulnerable(report: Report) -> None:
    """Asks the vulnerability service of the Python Package Index about every pinned version."""
    for name in LOCKS:
        lock = str(REQUIREMENTS / f"{name}.txt")
        options = ["--require-hashes", "--disable-pip", "--progress-spinner=off", "--timeout=15", "--format=json"]
        done = _run("pip-audit", *options, "-r", lock)
        question = f"vulnerabilities in {name}.txt"
        try:
            vulnerable, unknown = verdicts(done.stdout)
        except ValueError:
            _judge(report, question, done)
            continue
        report.found += [f"{question}: {each}" for each in vulnerable]
        if unknown:  # it passes over what it cannot look up, and calls that success
            report.unknown.append(
                f"{question}: the service knows nothing of {len(unknown)}: {', '.join(unknown)[:200]} …"
            )


def _judge(report: Report, question: str, done: subprocess.CompletedProcess[str]) -> None:
    told = f"{done.stdout}\n{done.stderr}".strip()
    if any(sign in told.lower() for sign in UNREACHABLE):
        report.unknown.append(f"{question}: the service cannot be reached: {told.splitlines()[-1][:200]}")
    else:
        report.found.append(f"{question}:\n{told[-4_000:]}")


def _run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603  a program of our own environment
            [str(BIN / command), *arguments], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([command], 1, "", f"{command} timed out")


CHECKS: dict[str, Callable[[Report], None]] = {
    "pinned, with hashes, without addresses": locks_are_sound,
    "used, and none used that is not asked for": all_are_used,
    "none withdrawn": none_is_withdrawn,
    "no known vulnerability": none_is_vulnerable,
}
OFFLINE = (locks_are_sound, all_are_used)


def main(*, offline: bool) -> int:
    report = Report()
    for name, check in CHECKS.items():
        if offline and check not in OFFLINE:
            continue
        before = len(report.found), len(report.unknown)
        check(report)
        found, unknown = len(report.found) - before[0], len(report.unknown) - before[1]
        print(f"{'FAILED' if found else 'NOT KNOWN' if unknown else 'ok':9}  {name}", flush=True)
    for line in (*report.found, *report.unknown):
        print(f"\n{line}", file=sys.stderr)
    return report.code


if __name__ == "__main__":
    sys.exit(main(offline="--offline" in sys.argv[1:]))
