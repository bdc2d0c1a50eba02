"""Writes `asinflow/client/models.py` from the API's OpenAPI document: `python -m client.generate [--check]`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.api.app import create_app
from services.api.dependencies import Parts
from services.api.settings import ApiSettings

TARGET = Path(__file__).parent / "asinflow" / "client" / "models.py"
HEAD = '''"""The documents that the API answers with, made from its OpenAPI document by `make client`: do not edit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Document(BaseModel):
    """An answer. Fields that this version does not know are kept as they came."""

    model_config = ConfigDict(extra="allow", frozen=True)
'''
TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
FORMATS = {"date-time": "datetime", "date": "date"}
# What a client is not answered with as a document.
LEFT_OUT = frozenset({"ProblemView", "FieldErrorView"})


def openapi() -> dict[str, Any]:
    """The document; nothing of the API is built or started for it."""
    parts: Any = type("OnlySettings", (), {"settings": ApiSettings.model_validate({"jwt_secret": "x" * 32})})()
    typed: Parts = parts
    return create_app(typed).openapi()


def render(document: Mapping[str, Any]) -> str:
    """The module's text, before it is formatted."""
    schemas = document["components"]["schemas"]
    names = sorted(_answered(document) - LEFT_OUT)
    aliases = [name for name in names if "enum" in schemas[name]]
    classes = [name for name in names if name not in aliases]
    lines = [HEAD, *(f"{name} = {_type(schemas[name])}" for name in aliases), ""]
    for name in classes:
        lines += ["", *_class(name, schemas[name]), ""]
    text = "\n".join(lines) + "\n"
    return (
        text if re.search(r"\bAny\b", text.partition("class Document")[2]) else text.replace("import Any, ", "import ")
    )


def _answered(document: Mapping[str, Any]) -> set[str]:
    """The schemas that answers are made of, and those that these are made of."""
    found: set[str] = set()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    waiting = {name for each in operations for name in _references(each["responses"])}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= set(_references(document["components"]["schemas"][name])) - found
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _class(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield f"class {name}(Document):"
    if text := schema.get("description"):
        yield f'    """{str(text).splitlines()[0]}"""'
        yield ""
    for field, described in schema.get("properties", {}).items():
        default = "" if field in required else f" = {described.get('default')!r}"
        yield f"    {field}: {_field(described, is_optional=bool(default))}{default}"


def _field(schema: Mapping[str, Any], *, is_optional: bool) -> str:
    found = _type(schema)
    may_be_none = is_optional and schema.get("default") is None and "None" not in found and found != "Any"
    return f"{found} | None" if may_be_none else found


def _type(schema: Mapping[str, Any]) -> str:
    if reference := schema.get("$ref"):
        return str(reference).rpartition("/")[2]
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " | ".join(dict.fromkeys(_type(option) for option in schema[choice]))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(repr(value) for value in values)}]"
    match schema.get("type"):
        case "array":
            return f"list[{_type(schema.get('items', {}))}]"
        case "object":
            values = schema.get("additionalProperties")
            return f"dict[str, {_type(values) if isinstance(values, dict) else 'Any'}]"
        case list() as several:
            return " | ".join(TYPES[one] for one in several)
        case None:
            return "Any"
        case kind:
            return FORMATS.get(schema.get("format", ""), TYPES[str(kind)])


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "models.py", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout  # noqa: S603  ours


def main() -> int:
    """1 with --check when the module is not what the API says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    text = formatted(render(openapi()))
    if not parser.parse_args().check:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    return 0 if TARGET.read_text(encoding="utf-8") == text else 1


if __name__ == "__main__":
    sys.exit(main())
