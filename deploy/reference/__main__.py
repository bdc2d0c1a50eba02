"""`python -m deploy.reference`: write everything that is generated from the code (`make docs`)."""

from __future__ import annotations

import sys

from deploy.reference.files import GENERATED, is_current


def main() -> int:
    """Write what is not current; with `--check` only tell, and exit 1."""
    outdated = [path for path in GENERATED if not is_current(path)]
    if "--check" in sys.argv:
        for path in outdated:
            print(f"{path} is not current: run `make docs`", file=sys.stderr)
        return 1 if outdated else 0
    for path in outdated:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GENERATED[path]())
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
