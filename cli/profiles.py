"""Named APIs: where each is, and the file that holds its token, readable by its owner alone."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from pathlib import Path

from cli.errors import CliError

# The profile that is the local stack's `.run/env`, whatever is used by default.
LOCAL = "local"
_ABOUT_ALL = "asinflow"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Profile:
    """An API by name."""

    name: str
    url: str
    token_file: Path

    def token(self) -> str:
        """Its token. Raises CliError when it cannot be read, or when others than its owner could."""
        try:
            mode = self.token_file.stat().st_mode
            token = self.token_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise CliError(
                f"the token of profile {self.name} cannot be read: {self.token_file}: {error.strerror}",
                code="no_token",
                hint=f"asinflow profiles add {self.name} {self.url}",
            ) from error
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise CliError(
                f"others may read the token of profile {self.name}: {self.token_file} has mode {stat.S_IMODE(mode):o}",
                code="open_token_file",
                hint=f"chmod 600 {self.token_file}",
            )
        return token


@dataclass(frozen=True)
class Profiles:
    """The profiles in a folder. `config` names them, `tokens/NAME` is what opens each."""

    folder: Path | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Profiles:
        """Those of the user whose environment it is, below XDG_CONFIG_HOME or ~/.config; none without a home."""
        if base := environment.get("XDG_CONFIG_HOME"):
            return cls(Path(base) / "asinflow")
        home = environment.get("HOME")
        return cls(Path(home) / ".config" / "asinflow" if home else None)

    @property
    def default(self) -> str | None:
        """The profile that is used when none is named."""
        return self._read().get(_ABOUT_ALL, "profile", fallback=None)

    def names(self) -> list[str]:
        return [section for section in self._read().sections() if section != _ABOUT_ALL]

    def get(self, name: str) -> Profile:
        """The profile of that name. Raises CliError when there is none."""
        config = self._read()
        if name == _ABOUT_ALL or not config.has_option(name, "url"):
            known = ", ".join(self.names()) or "none yet"
            raise CliError(
                f"there is no profile {name}; there are: {known}",
                code="no_profile",
                hint=f"asinflow profiles add {name} URL",
            )
        fallback = str(self._tokens / name)
        return Profile(name, config[name]["url"], Path(config.get(name, "token_file", fallback=fallback)).expanduser())

    def add(self, name: str, url: str, token: str | None, token_file: Path | None) -> Profile:
        """Make or replace a profile, whose token is kept here or in a file of its owner's."""
        if not _NAME.fullmatch(name) or name in (LOCAL, _ABOUT_ALL):
            raise CliError(f"{name!r} is no name for a profile: letters, digits, - and _, and not {LOCAL}")
        config = self._read()
        config[name] = {"url": url} | ({"token_file": str(token_file)} if token_file else {})
        if token is not None:
            _write(self._tokens / name, token + "\n")
        self._store(config)
        return self.get(name)

    def use(self, name: str | None) -> None:
        """Use a profile when none is named; None: the local stack again."""
        config = self._read()
        if name is None:
            config.remove_section(_ABOUT_ALL)
        else:
            config[_ABOUT_ALL] = {"profile": self.get(name).name}
        self._store(config)

    def remove(self, name: str) -> None:
        """Forget a profile and the token that is kept here for it."""
        self.get(name)
        config = self._read()
        config.remove_section(name)
        if config.get(_ABOUT_ALL, "profile", fallback=None) == name:
            config.remove_section(_ABOUT_ALL)
        self._store(config)
        (self._tokens / name).unlink(missing_ok=True)

    @property
    def _own(self) -> Path:
        if self.folder is None:
            raise CliError("there is no folder for profiles: neither XDG_CONFIG_HOME nor HOME is set")
        return self.folder

    @property
    def _tokens(self) -> Path:
        return self._own / "tokens"

    def _read(self) -> ConfigParser:
        config = ConfigParser(interpolation=None)
        if self.folder is not None:
            try:
                config.read(self.folder / "config", encoding="utf-8")
            except ConfigError as error:
                raise CliError(f"{self.folder / 'config'} cannot be understood: {error}", code="bad_config") from error
        return config

    def _store(self, config: ConfigParser) -> None:
        lines = [
            f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in config.items(name))
            for name in config.sections()
        ]
        _write(self._own / "config", "\n".join(lines))


def _write(path: Path, text: str) -> None:
    """Replace a file, in one step, by one that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
