"""`python -m bench [--quick] [PART …]`: measures the parts, keeps their results, and writes the page made of them.

Exits with 1 when a part could not be measured; its earlier result stays. A target that is not reached is a result.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
from pymongo.errors import PyMongoError

from bench import machine, parts, report
from bench.programs import BenchError
from bench.results import FULL, QUICK, Place, Record, keep
from deploy.local.errors import LocalError
from deploy.local.folder import ROOT

# What may keep a part from being measured, and keeps no other from it.
STOPS = (BenchError, LocalError, httpx.HTTPError, PyMongoError, OSError)
LOOK_SECONDS = 2.0
# Above it, what others do shows in the figures.
BUSY_PERCENT = 10.0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # by way of everything that is to be cleared up
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    known = (*parts.PARTS, *parts.ASIDE)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}; without: all but {', '.join(parts.ASIDE)}"
    )
    parser.add_argument("--quick", action="store_true", help="little of everything, kept apart from full results")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(known):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    place = QUICK if asked.quick else FULL
    chosen = [name for name in known if name in (asked.parts or parts.PARTS)]
    failed = [name for name in chosen if not _measured(name, quick=asked.quick, place=place)]
    report.write(place)
    print(f"\n{place.page}" + (f"; not measured: {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


def _measured(name: str, *, quick: bool, place: Place) -> bool:
    """Whether the part could be measured; what stopped it is told."""
    busy = psutil.cpu_percent(LOOK_SECONDS)
    print(f"== {name}", flush=True)
    if busy > BUSY_PERCENT:
        print(f"   others keep the machine {busy:.0f} % busy: trust no figure of this part", flush=True)
    started, at = time.monotonic(), datetime.now(UTC).replace(microsecond=0)
    try:
        result = parts.measuring(name).measure(quick, _room(name))
    except STOPS as error:
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        return False
    seconds = time.monotonic() - started
    record = Record(
        part=name,
        quick=quick,
        measured_at=at,
        seconds=seconds,
        busy_percent=busy,
        commit=machine.commit(),
        machine=machine.machine(),
        versions=machine.versions(),
        result=result,
    )
    keep(record, place)
    print(f"   {seconds:.0f} s", flush=True)
    return True


def _room(name: str) -> Path:
    """An empty folder for what the part leaves behind, such as logs."""
    folder = ROOT / ".run" / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
