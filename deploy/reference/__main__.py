"""`python -m deploy.reference`: write everything that is generated from the code (`make docs`)."""

from __future__ import annotations

import json
import sys

from deploy.local.folder import ROOT
from deploy.reference import openapi
from deploy.reference.compatibility import breaks
from deploy.reference.files import GENERATED, is_current

CHANGELOG = ROOT / "CHANGELOG.md"


def main() -> int:
    """Write what is not current; 1 when the HTTP interface breaks its clients and the changelog does not say so."""
    if untold := untold_breaks():
        print("This breaks clients of the HTTP interface:", *untold, sep="\n  ", file=sys.stderr)
        print("Keep it compatible, or name each METHOD /path under `### Breaking` in CHANGELOG.md.", file=sys.stderr)
        return 1
    for path in [path for path in GENERATED if not is_current(path)]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[path]())
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


def untold_breaks() -> list[str]:
    """What the changelog does not tell of the difference to the document that is checked in."""
    if not openapi.PATH.exists():
        return []
    told = breaking_section(CHANGELOG.read_text())
    found = breaks(json.loads(openapi.PATH.read_text()), openapi.document())
    return [line for line in found if line.partition(":")[0] not in told]


def breaking_section(changelog: str) -> str:
    """What the newest version's list of breaking changes says; empty without one."""
    newest = changelog.partition("\n## ")[2].partition("\n## ")[0]
    return newest.partition("### Breaking\n")[2].partition("\n### ")[0]


if __name__ == "__main__":
    sys.exit(main())
