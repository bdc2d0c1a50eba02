"""Finds the settings class of every service and describes its fields."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import services
from shared.settings import Settings

_CREDENTIALS = re.compile(r"(?<=//)([^/@:]*):[^/@]*@")


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: `default` is shown as one would write it; `services` read it."""

    variable: str
    type: str
    default: str
    meaning: str
    services: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def cells(self) -> tuple[str, ...]:
        return (self.variable, self.type, self.default, self.meaning, ",".join(self.services))


@cache
def service_names() -> tuple[str, ...]:
    """The services there are, by their packages."""
    return tuple(found.name for found in pkgutil.iter_modules(services.__path__) if found.ispkg)


def all_settings() -> list[Setting]:
    """Every variable once, those that all processes share first, then by service and in the order of the classes."""
    users: dict[tuple[str, str, str, str], list[str]] = {}
    for service in service_names():
        for described in dict.fromkeys(_describe(cls, field) for cls in classes_of(service) for field in _fields(cls)):
            users.setdefault(described, []).append(service)
    found = [Setting(*described, services=tuple(names)) for described, names in users.items()]
    return sorted(found, key=lambda setting: -len(setting.services))


def classes_of(service: str) -> Iterator[type[Settings]]:
    """The settings classes that `services.<service>.settings` defines."""
    name = f"services.{service}.settings"
    if find_spec(name) is None:
        return
    for value in vars(importlib.import_module(name)).values():
        if isinstance(value, type) and issubclass(value, Settings) and value.__module__ == name:
            yield value


def _fields(cls: type[Settings]) -> dict[str, FieldInfo]:
    return cls.model_fields


def _describe(cls: type[Settings], name: str) -> tuple[str, str, str, str]:
    field = cls.model_fields[name]
    alias = field.validation_alias
    variable = alias if isinstance(alias, str) else f"{cls.model_config.get('env_prefix', '')}{name}"
    return variable.upper(), type_name(field.annotation), shown_default(field), field.description or ""


def type_name(annotation: Any) -> str:
    """A type as an operator reads it: text, number, secret, list, one of the values."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(arguments[0])
    if origin in {Union, UnionType}:
        return type_name(next(argument for argument in arguments if argument is not type(None)))
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if origin in {tuple, list, set, frozenset}:
        return "list"
    names = {str: "text", SecretStr: "secret", int: "integer", float: "number", bool: "true | false", Path: "path"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def shown_default(field: FieldInfo) -> str:
    """The default as one would write it in the environment, a secret's credentials masked."""
    if field.default_factory is not None:
        return "(computed)"
    value = field.default
    if value is PydanticUndefined:
        return "(required)"
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return _CREDENTIALS.sub(r"\1:***@", text) if "://" in text else "***"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list | set | frozenset):
        return ",".join(map(str, value)) or "(none)"
    return "(none)" if value is None else str(value)
