"""Modules that libraries load when they find them and no service uses: a sixth of the memory of a process."""

from __future__ import annotations

import sys

UNUSED = (
    "httpx._main",  # httpx's command line, with click, rich and pygments
    "pymongo.pyopenssl_context",  # TLS by PyOpenSSL, which is not there: told after loading cryptography
    "rich",  # tracebacks in colours, which structlog offers
)


def leave_out() -> None:
    """Make an import of these fail in this process, as if they were not installed: each library then does without.

    To be called before those libraries are imported. What is loaded already stays.
    """
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is how Python is told of it
