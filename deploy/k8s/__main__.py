"""Writes the generated manifests; with --check, exits with 1 and names those that are not current."""

import sys

from deploy.k8s.manifests import scaling_file, settings_files
from deploy.k8s.rules import rules_file


def main(arguments: list[str]) -> int:
    files = dict([*settings_files().items(), scaling_file(), rules_file()])
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        print(*(f"not current: {path}" for path in stale), sep="\n", end="\n" if stale else "")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
