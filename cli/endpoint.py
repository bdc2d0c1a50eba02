"""Where the API is and which token opens it: the environment, else a profile, else the local stack's `.run/env`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.errors import CliError
from cli.profiles import LOCAL, Profile, Profiles

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The API's base address, without a slash at its end, and a bearer token."""

    url: str
    token: str = field(repr=False)


def run_folders(folder: Path) -> tuple[Path, ...]:
    """Where a local stack may keep its files: below the current folder, then below the checkout."""
    return (folder / ".run", ROOT / ".run")


def find_endpoint(
    environment: Mapping[str, str], folders: tuple[Path, ...], *, operator: bool = False, profile: str | None = None
) -> Endpoint:
    """The API to talk to, of a local stack with its operator's token if asked for. Raises CliError saying what to do.

    A token of a profile or of the local stack is never sent to an address given by the environment.
    """
    url, token = environment.get("ASINFLOW_API_URL"), environment.get("ASINFLOW_TOKEN")
    if url and not token:
        raise CliError(
            "ASINFLOW_API_URL is set, but ASINFLOW_TOKEN is not",
            code="no_token",
            hint="export ASINFLOW_TOKEN=$(asinflow token --user YOU)",
        )
    if url and token:
        return _endpoint(url, token)
    if chosen := chosen_profile(environment, profile):
        return _endpoint(chosen.url, token or chosen.token())
    local = read_local(folders)
    url, token = url or local.get("API_URL"), token or local.get("OPERATOR_TOKEN" if operator else "TOKEN")
    if not url or not token:
        raise CliError(
            "no API to talk to: neither ASINFLOW_API_URL and ASINFLOW_TOKEN nor a profile nor .run/env",
            code="no_api",
            hint="asinflow profiles add NAME URL\nmake up   (or: asinflow up)",
        )
    return _endpoint(url, token)


def chosen_profile(environment: Mapping[str, str], named: str | None) -> Profile | None:
    """The profile named, else the environment's, else the one that is used by default; None: the local stack."""
    profiles = Profiles.of(environment)
    name = named or environment.get("ASINFLOW_PROFILE") or profiles.default
    return None if name is None or name == LOCAL else profiles.get(name)


def _endpoint(url: str, token: str) -> Endpoint:
    if not url.startswith(("http://", "https://")):
        raise CliError(f"{url!r} is no address of an API: it must begin with http:// or https://", code="bad_api_url")
    return Endpoint(url.rstrip("/"), token)


def read_local(folders: tuple[Path, ...]) -> dict[str, str]:
    """The KEY=value lines of the first `env` there is; empty without one."""
    for folder in folders:
        file = folder / "env"
        if file.is_file():
            pairs = (line.partition("=") for line in file.read_text(encoding="utf-8").splitlines())
            return {key.strip(): value.strip() for key, separator, value in pairs if separator}
    return {}
