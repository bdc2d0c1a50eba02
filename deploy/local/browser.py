"""The browser that tests look at the dashboard with: Debian's Chromium."""

from pathlib import Path

PATH = Path("/usr/bin/chromium")


def is_installed() -> bool:
    return PATH.exists()
