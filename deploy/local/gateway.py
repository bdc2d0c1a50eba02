"""The gateway that tests put before the API: Debian's nginx; runs on a bare Python."""

import shutil

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


def nginx() -> str | None:
    """Its program; None where it is not installed."""
    return shutil.which("nginx") or shutil.which("nginx", path=_PLACES)
